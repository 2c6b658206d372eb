/**
 * Stands for the `inngest` package where the sources come from JSR. They take only types from it, those of version 3, and a package would
 * be installed for them with all of its dependencies. Apps with version 4 need none of them.
 *
 * @module
 */
export {};
