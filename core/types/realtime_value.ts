/** An empty object, so that `import { Realtime }` without `type` also works when types are only stripped. */
export const Realtime: Readonly<Record<never, never>> = /* @__PURE__ */ Object
  .freeze({});
