import { describe, it, afterAll, beforeAll } from "@std/testing/bdd";
describe("h", () => { beforeAll(() => { }); it("hangs", async () => { const t = setInterval(() => {}, 1000); await new Promise(() => {}); clearInterval(t) }); it("goes on", () => {}); 
 it("hangs without anything", async () => { await new Promise(() => {}); }) });
