/// <reference lib="dom" />
import type { Realtime } from "@tidings/realtime";
import { useSubscription } from "@tidings/realtime/hooks";
import { type ReactElement, useState } from "react";
import { createRoot } from "react-dom/client";
import type { refunds } from "./channels.ts";

type Token = Realtime.Token<
  typeof refunds,
  ["approval", "decision", "outcome"]
>;
type Message = Realtime.Subscribe.Token.InferMessage<Token>;
type Question = Exclude<
  Extract<Message, { topic: "approval" }>,
  { stream: unknown }
>;

function fetchToken(): Promise<Response> {
  return fetch("/api/realtime-token", { method: "POST" });
}

function App(): ReactElement {
  const { data, error, state, reply } = useSubscription<Token>({
    refreshToken: fetchToken,
    from: "start",
  });
  const questions: Question[] = [];
  const decisions = new Map<string | undefined, boolean>();
  const outcomes = new Map<string, string>();
  for (const message of data) {
    if (message.kind !== "data") continue;
    if (message.topic === "approval") questions.push(message);
    else if (message.topic === "outcome") {
      outcomes.set(message.data.order, message.data.text);
    } else decisions.set(message.replyTo, message.data.isApproved);
  }
  const asked = new Set(questions.map(({ data }) => data.order));

  return (
    <main>
      <header>
        <h1>Refunds</h1>
        <button type="button" onClick={start}>Handle today’s claims</button>
      </header>
      <p className="quiet" role="status">
        {error?.message ?? (state === "active"
          ? "The agent pays claims up to 50 EUR, and asks you about larger ones."
          : "Connecting")}
      </p>
      <ol aria-live="polite">
        {[...outcomes].filter(([order]) => !asked.has(order)).map((
          [order, text],
        ) => (
          <li key={order} className="done">
            <strong>{order}</strong> <em>{text}</em>
          </li>
        ))}
        {questions.map((question) => (
          <Claim
            key={question.id}
            {...question.data}
            isApproved={decisions.get(question.id)}
            outcome={outcomes.get(question.data.order)}
            decide={(isApproved) => reply(question, { isApproved })}
          />
        ))}
      </ol>
    </main>
  );
}

interface ClaimProps {
  readonly order: string;
  readonly customer: string;
  readonly amount: number;
  readonly reason: string;
  /** The decision, made here or in another window. */
  readonly isApproved: boolean | undefined;
  readonly outcome: string | undefined;
  readonly decide: (isApproved: boolean) => Promise<unknown>;
}

function Claim(claim: ClaimProps): ReactElement {
  const [problem, setProblem] = useState("");
  const isOpen = claim.isApproved === undefined && !claim.outcome;

  function decide(isApproved: boolean): void {
    claim.decide(isApproved).catch(({ code, message }) =>
      setProblem(code === "conflict" ? "Already decided: " : message)
    );
  }

  return (
    <li className={isOpen ? "open" : "done"}>
      <strong>{claim.order}</strong>
      <b>{claim.amount} EUR</b>
      <span>{claim.customer}: {claim.reason.toLowerCase()}</span>
      {isOpen
        ? (
          <div>
            <button type="button" onClick={() => decide(true)}>Approve</button>
            <button type="button" onClick={() => decide(false)}>
              Decline
            </button>
            {problem && <em role="alert">{problem}</em>}
          </div>
        )
        : (
          <em data-approved={claim.isApproved}>
            {problem}
            {claim.outcome ?? "decided"}
          </em>
        )}
    </li>
  );
}

async function start(): Promise<void> {
  await fetch("/api/refunds", { method: "POST" });
}

createRoot(document.getElementById("root") ?? document.body).render(<App />);
