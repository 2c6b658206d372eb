/** Called once a server listens, with its URL and the runtime's name and version. */
export type OnListening = (url: string, runtime: string) => void;

/** The callbacks of apps that want to know where they are served. An app that a gateway is mounted in has none. */
export const listeningCallbacks: WeakMap<object, OnListening> = new WeakMap();
