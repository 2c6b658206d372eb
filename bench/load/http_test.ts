import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { HttpAnswers } from "./dialects/http.ts";

const encoder = new TextEncoder();

function answer(body: string, status = "200 OK"): Uint8Array {
  return encoder.encode(
    `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

describe("HttpAnswers", () => {
  it("counts the messages of complete answers, at every split point", () => {
    const bytes = answer('{"ok":1}');
    for (let at = 0; at < bytes.length; at++) {
      const answers = new HttpAnswers(64);
      assertEquals(answers.read(bytes.subarray(0, at)), 0);
      assertEquals(answers.read(bytes.subarray(at)), 64);
    }
  });

  it("fails at a status other than 200", () => {
    const answers = new HttpAnswers(1);
    assertThrows(() => answers.read(answer("{}", "503 Service Unavailable")));
  });

  it("fails at an answer with 200 that has the text of a refusal", () => {
    const refused = answer('{"replies":[{"publish":{}},{"error":{}}]}');
    assertEquals(new HttpAnswers(2).read(refused), 2);
    const answers = new HttpAnswers(2, '"error":');
    assertEquals(answers.read(answer('{"replies":[]}')), 2);
    assertThrows(() => answers.read(refused));
  });
});
