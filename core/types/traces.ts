/** How spans of OpenTelemetry name a channel. */
export interface ChannelNaming {
  /**
   * Returns the template of a channel's name, such as `user:{id}` for `user:42`, which spans have instead of the name; `undefined` for spans
   * without either. Use it if the names of channels have ids of users.
   *
   * @default {spans have the channel's name}
   */
  traceChannel?: ((channel: string) => string | undefined) | undefined;
}
