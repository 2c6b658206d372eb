/** Waits for something that nothing tells of: it is looked for, again and again. */
export async function until(
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  while (!await holds()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
