import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { TidingsDevtools } from "../../../react/devtools/mod.ts";

describe("<TidingsDevtools /> on a server", () => {
  it("renders nothing", () => {
    const app = createElement(
      "main",
      null,
      createElement(TidingsDevtools, { corner: "top-left" }),
    );
    assertEquals(renderToString(app), "<main></main>");
  });
});
