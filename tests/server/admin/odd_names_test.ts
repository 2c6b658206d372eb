import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import type {
  ChannelDetail,
  ChannelList,
  SessionList,
  TokenReport,
} from "../../../server/admin/answers.ts";
import { ADMIN_KEY, answer, check } from "../../support/admin/admin.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { ODD_NAMES } from "../../support/odd_names.ts";
import { postJson } from "../../support/wire/publish.ts";
import { connectReady } from "../../support/wire/websocket.ts";

it("The admin API finds a channel, its sessions and its subject by every valid name", async () => {
  await using gateway = await startGateway({ adminKey: ADMIN_KEY });
  for (const name of ODD_NAMES) {
    const { status } = await postJson(gateway, {
      channel: name,
      topic: name,
      body: "1",
    });
    assertEquals(status, 200, JSON.stringify(name));
  }
  const { channels } = await answer<ChannelList>(gateway, "channels");
  assertEquals(
    new Set(channels.map(({ name }) => name)),
    new Set(ODD_NAMES),
  );
  for (const name of ODD_NAMES) {
    const query = new URLSearchParams({ name });
    const channel = await answer<ChannelDetail>(gateway, `channel?${query}`);
    assertEquals([channel.name, channel.topics], [name, [{
      name,
      subscribers: 0,
    }]]);
    if (name === "." || name === "..") continue;
    // The address that the API had at first.
    const path = `channels/${encodeURIComponent(name)}`;
    assertEquals((await answer<ChannelDetail>(gateway, path)).name, name);
  }
});

it("The admin API finds sessions by every channel and subject", async () => {
  await using gateway = await startGateway({ adminKey: ADMIN_KEY });
  for (const name of ODD_NAMES) {
    const topics = [{ channel: name, name }];
    const token = await mintToken(gateway.signingKey, { topics, sub: name });
    const { client, ready } = await connectReady(gateway, { token });
    for (const field of ["channel", "subject"]) {
      const query = new URLSearchParams({ [field]: name });
      const { sessions } = await answer<SessionList>(
        gateway,
        `sessions?${query}`,
      );
      assertEquals(sessions.map(({ id }) => id), [ready.session], field);
    }
    const report = await check<TokenReport>(gateway, { subject: name });
    assertEquals(report.sessions.map(({ id }) => id), [ready.session]);
    await client.close();
  }
});
