import { RealtimeError } from "../protocol/errors.ts";
import type { Sender, SenderOptions } from "./sender.ts";

/**
 * Returns the sender of a subscription, whose module is loaded with the first message: most pages never send, so bundlers put it into a file
 * of its own.
 */
export function loadSender(options: SenderOptions): Sender {
  let loading: Promise<Sender> | undefined;

  function sender(): Promise<Sender> {
    return loading ??= import("./sender.ts").then(
      ({ createSender }) => createSender(options),
      (cause) => {
        // The next message tries again.
        loading = undefined;
        const message = "Cannot send: its module can't be loaded";
        throw new RealtimeError("network", message, { cause });
      },
    );
  }

  return {
    send: async (...message) => (await sender()).send(...message),
    stop: async (stream) => (await sender()).stop(stream),
  };
}
