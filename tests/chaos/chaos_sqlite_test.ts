import { describe } from "@std/testing/bdd";
import { gccPath } from "../support/requirements.ts";
import { currentProgram, currentRuntime } from "../support/process/programs.ts";
import { TRANSPORTS } from "./client_protocol.ts";
import type { Trial } from "./fault.ts";
import { testFaults } from "./fault_tests.ts";
import { retention } from "./faults/retention.ts";
import { DISK_FAULTS, FILE_FAULTS } from "./faults/sqlite/mod.ts";

/** The faults that the file changes. `deno task chaos --broker sqlite` has those of the memory broker as well. */
const FAULTS = [retention, ...FILE_FAULTS];

const onFaultyDisk = gccPath() === undefined ? [] : DISK_FAULTS;

const trial: Trial = {
  programs: currentProgram(),
  runtime: currentRuntime(),
  broker: "sqlite",
  clients: currentRuntime(),
  transports: TRANSPORTS,
  isShort: true,
};

describe("a gateway with the SQLite broker, and its clients", () => {
  testFaults([...FAULTS, ...onFaultyDisk], trial);
});
