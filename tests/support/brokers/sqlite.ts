import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import {
  SqliteBroker,
  type SqliteBrokerOptions,
} from "../../../server/brokers/sqlite.ts";
import { loadSqlite } from "../../../server/brokers/sqlite/file/load.ts";

/** A folder for a database, and ways to open it. */
export class DatabaseFolder implements AsyncDisposable {
  readonly folder: string;
  readonly path: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, "test.db");
  }

  static async create(): Promise<DatabaseFolder> {
    return new DatabaseFolder(
      await mkdtemp(join(tmpdir(), "tidings-sqlite-")),
    );
  }

  /** Opens a broker on the database. */
  open(
    options: Omit<SqliteBrokerOptions, "path"> = {},
  ): Promise<SqliteBroker> {
    return SqliteBroker.open({ path: this.path, ...options });
  }

  /** Opens the database itself. */
  database(path: string = this.path): DatabaseSync {
    return new (loadSqlite().DatabaseSync)(path);
  }

  /** Returns the number in the first column of a query's first row, read while a broker may have the database open. */
  count(sql: string): number {
    const database = this.database();
    try {
      return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
    } finally {
      database.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
