/** Waits until a condition holds that no event announces, by evaluating it again and again. */
export async function until(
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  while (!await holds()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
