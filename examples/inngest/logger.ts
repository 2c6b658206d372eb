import { type Logger, wrapStringFirstLogger } from "inngest";

/** Inngest's log, on the console. An error is its message: a step that fails and runs again needs no stack trace. */
export const logger: Logger = wrapStringFirstLogger({
  debug() {},
  info: console.info,
  warn: console.warn,
  error(text, ...rest) {
    const { err } = Object(rest[0]);
    if (err instanceof Error) console.error(`${text}: ${err.message}`);
    else console.error(text, ...rest);
  },
});
