import { describeMajor } from "./inngest_suite.ts";
import { V4 } from "./majors.ts";

describeMajor(V4);
