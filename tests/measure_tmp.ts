import { startGateway } from "/work/wt/streams/tests/support/gateway/gateway.ts";
import { createRealtime } from "/work/wt/streams/core/app/create_realtime.ts";
import { MemoryBroker } from "/work/wt/streams/server/mod.ts";
const gateway = await startGateway({
  broker: new MemoryBroker({ historySize: 10000 }),
});
const app = createRealtime({
  url: gateway.url,
  signingKey: gateway.signingKey,
});
await Promise.all(
  [[2000, 40], [2000, 100], [5000, 50]].map(async ([n = 0, rate = 1]) => {
    const channel = `${n}-${rate}`;
    await app.publish({
      channel,
      topic: "t",
      data: async function* () {
        const began = performance.now();
        for (let i = 0; i < n; i++) {
          const wait = began + i * 1000 / rate - performance.now();
          if (wait > 1) await new Promise((r) => setTimeout(r, wait));
          yield "word ";
        }
      },
    });
    const r = await fetch(
      `${gateway.url}/v1/realtime/history?channel=${channel}&since=last:1`,
      { headers: { authorization: `Bearer ${gateway.signingKey}` } },
    );
    console.log(channel, (await r.json()).messages[0].id);
  }),
);
await gateway.close();
