import { assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { describePage } from "../../support/browser/page_suite.ts";
import { ODD_NAMES } from "../../support/odd_names.ts";
import { postJson } from "../../support/wire/publish.ts";

/** Names that addresses and fields change most easily. */
const LINKED = ["..", "\u2028", " a  b "];

describePage("the page", () => ({}), (current) => {
  it("shows a channel and its messages whatever its name is", async () => {
    const site = current();
    const { page } = site;
    for (const name of ODD_NAMES) {
      await postJson(site.gateway, { channel: name, topic: name, body: "1" });
    }
    await site.open("#room=channels");
    await site.shows("#channels-count", `${ODD_NAMES.length} channels`);
    for (const name of ODD_NAMES) {
      // A list that was hidden is drawn in the next frame.
      const open = '[...document.querySelectorAll("#channels-scroll .open")]';
      await site.holds(
        `${open}.some((one) => one.textContent === ${JSON.stringify(name)})`,
      );
      // The buttons' texts are compared here: a selector would fold spaces.
      await page.$$eval(
        "#channels-scroll .open",
        (all, wanted) =>
          all.find(({ textContent }) => textContent === wanted)
            ?.dispatchEvent(new Event("click", { bubbles: true })),
        name,
      );
      const topic = page.locator("#drawer tbody td").first();
      const error = page.locator("#drawer .error:visible").first();
      const shown = await topic.or(error).first().textContent();
      assertEquals([await page.textContent("#drawer-title"), shown], [
        name,
        name,
      ]);
      // The page's address names the channel, for reloading and sharing.
      if (!LINKED.includes(name)) continue;
      await page.click("#drawer >> text=Watch it");
      await site.state("live");
      const fields = new URLSearchParams(new URL(page.url()).hash.slice(1));
      assertEquals(
        [fields.get("channel"), fields.get("topic")],
        [name, name],
      );
      assertEquals(await page.inputValue("#channel"), name);
      await site.enter("Channels");
    }
    assertEquals(site.problems, []);
  });
});
