/** The version of this package; a test keeps it equal to `jsr.json`'s. */
export const VERSION = "0.1.0";
