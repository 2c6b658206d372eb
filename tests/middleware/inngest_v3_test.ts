import { describeMajor } from "./inngest_suite.ts";
import { V3 } from "./majors.ts";

describeMajor(V3);
