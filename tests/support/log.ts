import {
  configure,
  type LogLevel,
  type LogRecord,
  reset,
} from "@logtape/logtape";

/** The records that a gateway in this process logs. Disposing of it ends the logging. */
export interface CollectedLog extends AsyncDisposable {
  readonly records: readonly LogRecord[];
}

/** Collects what is logged from now on, from a level upwards. */
export async function collectLog(lowestLevel: LogLevel): Promise<CollectedLog> {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { list: (record) => records.push(record) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error" },
      { category: "tidings", sinks: ["list"], lowestLevel },
    ],
  });
  return { records, [Symbol.asyncDispose]: reset };
}

/** Returns the fields of the events with a name. */
export function eventsIn(
  { records }: CollectedLog,
  name: string,
): Array<Record<string, unknown>> {
  return records.map(({ properties }) => properties)
    .filter(({ event }) => event === name);
}
