import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "@std/testing/bdd";
import { MemoryBroker } from "../../../server/mod.ts";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { SqliteBroker } from "../../../server/brokers/sqlite.ts";
import {
  type ContractOptions,
  itKeepsTheContract,
} from "../../support/brokers/broker_contract.ts";
import { itKeepsReplies } from "../../support/brokers/reply_contract.ts";
import { itKeepsRevocations } from "../../support/brokers/revocation_contract.ts";
import {
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from "../../support/brokers/redis.ts";
import { redisPath } from "../../support/requirements.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

describe("MemoryBroker", () => {
  const create = (options?: ContractOptions) => new MemoryBroker(options);
  itKeepsTheContract(create);
  itKeepsReplies(create);
  itKeepsRevocations(create);
});

describe("SqliteBroker", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidings-contract-"));
  let brokers = 0;
  afterAll(() => rmSync(folder, { recursive: true }));

  const create = (options?: ContractOptions): Promise<SqliteBroker> => {
    const path = join(folder, `${++brokers}.db`);
    return SqliteBroker.open({ path, ...options });
  };
  itKeepsTheContract(create);
  itKeepsReplies(create);
  itKeepsRevocations(create);
});

withRedis("RedisBroker on one server", () => {
  let redis: RedisServer;
  let brokers = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.kill());

  const create = (options?: ContractOptions): RedisBroker => {
    const url = `${redis.url}?prefix=test-${++brokers}:`;
    return new RedisBroker({ url, ...options });
  };
  itKeepsTheContract(create);
  itKeepsReplies(create);
  itKeepsRevocations(create);
});

withRedis("RedisBroker on a cluster", () => {
  let cluster: RedisCluster;
  let brokers = 0;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.kill());

  const create = (options?: ContractOptions): RedisBroker => {
    const url = `${cluster.url}?prefix=test-${++brokers}:`;
    return new RedisBroker({ url, ...options });
  };
  itKeepsTheContract(create);
  itKeepsReplies(create);
  itKeepsRevocations(create);
});
