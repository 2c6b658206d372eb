import { afterAll, beforeAll, beforeEach } from "@std/testing/bdd";
import { ownAsyncContext, SILENT } from "../inngest/sdk.ts";
import { startGateway, type TestGateway } from "../support/gateway/gateway.ts";

/** A gateway, and the requests that an Inngest client sends elsewhere. */
export interface SdkTraffic {
  /** The gateway; only available inside of tests. */
  readonly gateway: TestGateway;
  /** The paths of the requests that clients with {@linkcode SdkTraffic.options} have sent during a test, in place of Inngest. */
  readonly sent: readonly string[];
  /** The options of a client whose requests are answered here. */
  readonly options: {
    readonly id: string;
    readonly isDev: boolean;
    readonly logger: typeof SILENT;
    fetch(input: string | URL | Request): Promise<Response>;
  };
}

/** Starts a gateway before the tests of the current group, for one major version of Inngest's SDK, and stops it afterwards. */
export function useSdkTraffic(): SdkTraffic {
  let gateway: TestGateway;
  let restore: () => void;
  let sent: string[] = [];

  beforeAll(async () => {
    restore = ownAsyncContext();
    gateway = await startGateway();
  });

  beforeEach(() => {
    sent = [];
  });

  afterAll(async () => {
    await gateway.close();
    restore();
  });

  return {
    get gateway() {
      return gateway;
    },
    get sent() {
      return sent;
    },
    options: {
      id: "app",
      isDev: true,
      logger: SILENT,
      fetch(input) {
        sent.push(new URL(new Request(input).url).pathname);
        return Promise.resolve(Response.json({}));
      },
    },
  };
}
