/**
 * The requests whose connections end with their answers. Bun takes the limit of time from the connection of a request that may take long,
 * and for good, so that a later request on it could stay for ever.
 */
export const lastRequests: WeakSet<Request> = new WeakSet();
