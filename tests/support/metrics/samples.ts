import { assertEquals } from "@std/assert";

/** The key of operators in tests. */
export const ADMIN_KEY = "admin-key-0123456789abcdef0123456789abcdef";

/** The numbers of the metrics, by name and labels as in the text: `tidings_gaps_total`, `x_total{code="200"}`. */
export type Samples = ReadonlyMap<string, number>;

/** Requests the metrics. */
export function requestMetrics(
  { url }: { readonly url: string },
  bearer: string = ADMIN_KEY,
  method = "GET",
): Promise<Response> {
  const headers = new Headers();
  if (bearer !== "") headers.set("authorization", `Bearer ${bearer}`);
  return fetch(`${url}/metrics`, { method, headers });
}

/** Reads the metrics of a gateway with the admin key of tests. */
export async function readSamples(
  target: { readonly url: string },
): Promise<Samples> {
  const response = await requestMetrics(target);
  assertEquals(response.status, 200);
  return parseSamples(await response.text());
}

/** Parses the text of metrics. */
export function parseSamples(text: string): Samples {
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, key, value] = /^([a-z][^ ]*) (\S+)$/.exec(line) ?? [];
    if (key !== undefined) samples.set(key, Number(value));
  }
  return samples;
}

/** Returns the samples of the gateway itself that are not 0, without those of time. */
export function counted(samples: Samples): Record<string, number> {
  return Object.fromEntries(
    [...samples].filter(([key, value]) =>
      key.startsWith("tidings_") && !key.includes("_seconds") && value !== 0
    ),
  );
}
