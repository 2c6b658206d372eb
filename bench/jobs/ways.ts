/** How the jobs of a process publish. */
export type JobWay =
  /** With `publish` of our client, which puts messages that are under way at once into one request. */
  | "our client"
  /** With `publish` of our client in an app for each job, so that each message is a request. */
  | "one request each";

/** Where the jobs of a process publish to. */
export interface JobTarget {
  readonly way: JobWay;
  readonly url: string;
  readonly signingKey: string;
  /** The prefix of the channels' names, which jobs publish to in turn. */
  readonly channel: string;
  /** How many channels there are, more than jobs. */
  readonly channels: number;
  /** The number of the process in the marks of its messages, which no other publisher of the channels has. */
  readonly publisher: number;
  /** The folder of the checkout whose client publishes. */
  readonly folder: string;
}

/** How long the jobs of a process publish, and messages of which size. */
export interface JobLoad {
  readonly seconds: number;
  /** The size of a message's data as JSON. */
  readonly bytes: number;
}

/** The messages that the jobs of a process published. */
export interface JobReport {
  readonly published: number;
  readonly seconds: number;
  /** The CPU time of the process in milliseconds. */
  readonly cpuMs: number;
}
