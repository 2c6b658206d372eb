import { logsChannel, userChannel } from "./channels.ts";
import { inngest } from "./client.ts";
import { recommend } from "./llm.ts";

export const createRecommendation = inngest.createFunction(
  {
    id: "create-recommendation",
    triggers: [{ event: "ai/recommendation.requested" }],
  },
  async ({ event, step, publish, attempt }) => {
    const { ai } = userChannel(event.data.userId);

    const taste = await step.run("read-taste", async () => {
      await publish(ai({ response: "Looking at what you like", success: 1 }));
      return String(event.data.prompt);
    });

    const books = await step.run("generate-response", async () => {
      await publish(ai({ response: "Asking the model", success: 1 }));
      // The step runs again, without repeating the message above.
      if (attempt === 0) throw new Error("The model is busy");
      const books: string[] = [];
      for await (const book of recommend(taste)) {
        await publish(ai({ response: book, success: 1 }));
        books.push(book);
      }
      return books;
    });

    await step.run("log-all-went-well", async () => {
      await publish(logsChannel().info(`Recommended ${books.length} books`));
    });
    return { books };
  },
);
