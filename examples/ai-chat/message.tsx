import type { ReactElement } from "react";
import type { ChatMessage } from "./tides.ts";

type Part = ChatMessage["parts"][number];

interface MessageProps {
  readonly message: ChatMessage;
  /** Whether the message is being written. */
  readonly isWriting: boolean;
}

/** Shows a question or an answer: each of its parts. */
export function Message(
  { message: { role, parts }, isWriting }: MessageProps,
): ReactElement {
  return (
    <article className={role}>
      <h2>{role === "user" ? "You" : "The model"}</h2>
      {parts.map((part, i) => <MessagePart key={i} part={part} />)}
      {role === "assistant" && !isWriting && !endsInText(parts) && (
        <em>stopped</em>
      )}
    </article>
  );
}

/** Tells whether an answer is complete: the end of the last text of one that was stopped never came. */
function endsInText(parts: readonly Part[]): boolean {
  const last = parts.at(-1);
  return last?.type === "text" && last.state === "done";
}

function MessagePart({ part }: { part: Part }): ReactElement | null {
  switch (part.type) {
    case "text":
      return <p>{part.text}</p>;
    case "reasoning":
      return (
        <details open={part.state === "streaming"}>
          <summary>Thoughts</summary>
          <p>{part.text}</p>
        </details>
      );
    case "tool-tideTable":
      return <TideTable part={part} />;
    default:
      return null;
  }
}

/** Shows a call of the tool: what it looks up, then what it has found. */
function TideTable(
  { part }: { part: Extract<Part, { type: "tool-tideTable" }> },
): ReactElement {
  if (part.state === "output-error") return <p>{part.errorText}</p>;
  const { port, tides = [] } = part.output ?? { port: part.input?.port };
  return (
    <table>
      <caption>Tides at {port ?? "…"}</caption>
      <tbody>
        {tides.map(({ time, tide, metres }) => (
          <tr key={time}>
            <th scope="row">{time}</th>
            <td>{tide}</td>
            <td>{metres.toFixed(1)} m</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
