import { describeMajor } from "./inngest_suite.ts";
import { V4, V4_CHECKPOINTING } from "./majors.ts";

describeMajor(V4);
describeMajor(V4_CHECKPOINTING);
