import { describe, it } from "@std/testing/bdd";
describe("h", () => { it("goes on", () => {}); setInterval(() => {}, 1000); });
