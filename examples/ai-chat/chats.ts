import { DatabaseSync } from "node:sqlite";
import type { ChatMessage } from "./tides.ts";
import { titleOf } from "./title.ts";

/** The chats of all users, in a SQLite file. It stands in for your database. */
export class Chats {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      create table if not exists chats (id text primary key, user text);
      create table if not exists messages (
        position integer primary key, chat text, id text, json text, unique (chat, id)
      );
    `);
  }

  /** Makes a chat for a user; returns its id. */
  create(user: string): string {
    const id = crypto.randomUUID();
    this.#run("insert into chats values (?, ?)", id, user);
    return id;
  }

  /** Tells whether a chat belongs to a user. */
  belongsTo(id: string, user: string): boolean {
    const sql = "select 1 from chats where id = ? and user = ?";
    return this.#all(sql, id, user).length > 0;
  }

  /** Returns a user's chats, the newest first. */
  of(user: string): { id: string; title: string }[] {
    const sql = "select id from chats where user = ? order by rowid desc";
    return this.#all(sql, user).map((row) => {
      const id = String(row.id);
      return { id, title: titleOf(this.messages(id)) };
    });
  }

  /** Returns a chat's messages, the oldest first. */
  messages(chat: string): ChatMessage[] {
    const sql = "select json from messages where chat = ? order by position";
    return this.#all(sql, chat).map(({ json }) => JSON.parse(String(json)));
  }

  /** Adds a question, in place of the same one and what follows it: it may be asked again. */
  ask(chat: string, question: ChatMessage): void {
    this.#run(
      `delete from messages where chat = ?1 and position >=
        (select position from messages where chat = ?1 and id = ?2)`,
      chat,
      question.id,
    );
    this.save(chat, question);
  }

  /** Adds a message, or replaces the one with its id. */
  save(chat: string, message: ChatMessage): void {
    this.#run(
      `insert into messages (chat, id, json) values (?, ?, ?)
        on conflict (chat, id) do update set json = excluded.json`,
      chat,
      message.id,
      JSON.stringify(message),
    );
  }

  close(): void {
    this.#database.close();
  }

  #run(sql: string, ...values: string[]): void {
    this.#database.prepare(sql).run(...values);
  }

  #all(sql: string, ...values: string[]): Record<string, unknown>[] {
    return this.#database.prepare(sql).all(...values);
  }
}
