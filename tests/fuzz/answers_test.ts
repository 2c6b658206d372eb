import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Answer, FrameReader, readAnswers } from "./answers.ts";

function bodiesOf(answers: readonly Answer[]): unknown[] {
  return answers.map(({ status, body, isComplete }) => [
    status,
    body,
    isComplete,
  ]);
}

function read(bytes: string, methods = ["GET"], isOver = false): unknown[] {
  return bodiesOf(readAnswers(bytes, methods, isOver).answers);
}

describe("readAnswers()", () => {
  it("reads bodies with a length, in chunks, and up to the end", () => {
    const bytes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi" +
      "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n" +
      "HTTP/1.1 404 x\r\n\r\nrest";
    assertEquals(read(bytes, ["GET", "GET", "GET"], true), [
      [200, "hi", true],
      [400, "abcd", true],
      [404, "rest", true],
    ]);
  });

  it("finds no body after HEAD, in 204, and in an answer before the last one", () => {
    const bytes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" +
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n";
    assertEquals(read(bytes, ["HEAD", "OPTIONS"]), [[200, "", true], [
      204,
      "",
      true,
    ]]);
  });

  it("waits for the rest", () => {
    const bytes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    for (let length = 0; length < bytes.length; length++) {
      const { answers, noise } = readAnswers(
        bytes.slice(0, length),
        ["GET"],
        false,
      );
      assertEquals(answers.some(({ isComplete }) => isComplete), false);
      assertEquals(noise, undefined);
    }
    const chunks =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab";
    assertEquals(read(chunks), [[200, "ab", false]]);
    assertEquals(read(`${chunks}c\r\nHTTP/1.1 400 x\r\n\r\n`), [
      [200, "abc", false],
    ]);
  });

  it("reports what is not HTTP", () => {
    const bytes = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nnoise";
    assertEquals(readAnswers(bytes, ["GET"], true).noise, "noise");
  });

  it("separates frames from the answer before them", () => {
    const { answers, frames } = readAnswers(
      "HTTP/1.1 101 x\r\nupgrade: websocket\r\n\r\n\x81\x02hi",
      ["GET"],
      false,
    );
    assertEquals(bodiesOf(answers), [[101, "", true]]);
    assertEquals(frames, "\x81\x02hi");
  });
});

describe("FrameReader", () => {
  const long = "x".repeat(300);
  const longer = "y".repeat(70_000);
  const bytes = `\x81\x02hi\x81\x7e\x01\x2c${long}` +
    `\x82\x7f\0\0\0\0\0\x01\x11\x70${longer}\x88\x02\x03`;
  const expected = [
    { opcode: 1, payload: "hi" },
    { opcode: 1, payload: long },
    { opcode: 2, payload: longer },
  ];

  it("reads lengths of every size, and leaves out a part of a frame", () => {
    const reader = new FrameReader();
    reader.read(bytes);
    assertEquals(reader.frames, expected);
    reader.read("\xe8");
    assertEquals(reader.frames.at(-1), { opcode: 8, payload: "\x03\xe8" });
  });

  it("reads pieces of every size", () => {
    for (const size of [1, 2, 3, 7, 1_000]) {
      const reader = new FrameReader();
      const whole = `\x81\x02hi\x89\x00\x81\x7e\x01\x2c${long}`;
      for (let at = 0; at < whole.length; at += size) {
        reader.read(whole.slice(at, at + size));
      }
      assertEquals(reader.frames.length, 3);
      assertEquals(reader.frames.at(-1), { opcode: 1, payload: long });
    }
  });

  it("forgets messages after the first hundred, but no close frame", () => {
    const reader = new FrameReader();
    reader.read("\x81\x01x".repeat(1_000) + "\x88\x00");
    assertEquals(reader.frames.length, 101);
    assertEquals(reader.frames.at(-1)?.opcode, 8);
  });
});
