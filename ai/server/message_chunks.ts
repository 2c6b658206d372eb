import type * as ai from "ai";

type Part = ai.UIMessage["parts"][number];
type ToolPart = ai.ToolUIPart | ai.DynamicToolUIPart;

/** Returns the chunks from which the AI SDK makes a message again. */
export function messageChunks(message: ai.UIMessage): ai.UIMessageChunk[] {
  const { id: messageId, metadata: messageMetadata, parts } = message;
  return [
    { type: "start", messageId, messageMetadata },
    ...parts.flatMap((part, index) => partChunks(part, `part ${index}`)),
  ];
}

/** @param id The id of a part whose own id the message does not have. */
function partChunks(part: Part, id: string): ai.UIMessageChunk[] {
  switch (part.type) {
    case "step-start":
      return [{ type: "start-step" }];
    case "text": {
      const { text: delta, providerMetadata, citations, state } = part;
      const text: ai.UIMessageChunk[] = [
        { type: "text-start", id, providerMetadata },
        { type: "text-delta", id, delta },
      ];
      return state === "streaming"
        ? text
        : [...text, { type: "text-end", id, citations }];
    }
    case "reasoning": {
      const { text: delta, providerMetadata, state, id: ownId = id } = part;
      const reasoning: ai.UIMessageChunk[] = [
        { type: "reasoning-start", id: ownId, providerMetadata },
        { type: "reasoning-delta", id: ownId, delta },
      ];
      return state === "streaming"
        ? reasoning
        : [...reasoning, { type: "reasoning-end", id: ownId }];
    }
    default:
      // The other parts, such as sources and files, are like their chunks.
      return isToolPart(part) ? toolChunks(part) : [part as ai.UIMessageChunk];
  }
}

function isToolPart(part: Part): part is ToolPart {
  return part.type === "dynamic-tool" || part.type.startsWith("tool-");
}

function toolChunks(part: ToolPart): ai.UIMessageChunk[] {
  const { toolCallId } = part;
  const call = {
    toolCallId,
    toolName: part.type === "dynamic-tool"
      ? part.toolName
      : part.type.slice("tool-".length),
    dynamic: part.type === "dynamic-tool" ? true : undefined,
    title: part.title,
    toolMetadata: part.toolMetadata,
    providerExecuted: part.providerExecuted,
    providerMetadata: part.callProviderMetadata,
  };
  const input: ai.UIMessageChunk[] = [{
    type: "tool-input-available",
    ...call,
    input: part.input,
  }];
  switch (part.state) {
    case "input-streaming":
      return streamedInput(call, part.rawInput, part.inputEncoding);
    case "input-available":
      return input;
    case "output-available":
      // An input that is available would be passed to `onToolCall`, and the tool would run again.
      return [
        ...streamedInput(call, JSON.stringify(part.input)),
        ...approvalChunks(part),
        {
          type: "tool-output-available",
          toolCallId,
          output: part.output,
          preliminary: part.preliminary,
          providerMetadata: part.resultProviderMetadata,
        },
      ];
    case "output-error":
      return [
        ...streamedInput(call, JSON.stringify(part.input)),
        ...approvalChunks(part),
        {
          type: "tool-input-error",
          ...call,
          input: part.input,
          errorText: part.errorText,
          providerMetadata: part.resultProviderMetadata,
        },
      ];
    case "output-denied": {
      // An error without a text leaves nothing but the input, which would otherwise be passed to `onToolCall`, too.
      const given = { ...call, input: part.input, providerMetadata: undefined };
      return [
        ...streamedInput(call, undefined),
        { type: "tool-input-error", ...given } as ai.UIMessageChunk,
        ...approvalChunks(part),
        { type: "tool-output-denied", toolCallId },
      ];
    }
    default:
      return [...input, ...approvalChunks(part)];
  }
}

/** Returns the chunks of an input that is being streamed. */
function streamedInput(
  call: { readonly toolCallId: string; readonly toolName: string },
  inputTextDelta: string | undefined,
  inputEncoding?: "json" | "text",
): ai.UIMessageChunk[] {
  const { toolCallId } = call;
  const start = { type: "tool-input-start", ...call, inputEncoding } as const;
  return inputTextDelta === undefined
    ? [start]
    : [start, { type: "tool-input-delta", toolCallId, inputTextDelta }];
}

/** Returns the chunks of the question whether a tool may run, and of its answer. */
function approvalChunks(
  { toolCallId, approval }: ToolPart,
): ai.UIMessageChunk[] {
  if (!approval) return [];
  const { id: approvalId, approved, reason } = approval;
  const request: ai.UIMessageChunk = {
    type: "tool-approval-request",
    approvalId,
    toolCallId,
    approvalDescriptor: approval.descriptor,
    reason: approval.requestReason,
    isAutomatic: approval.isAutomatic,
    signature: approval.signature,
    ...("inputSchemaInput" in approval
      ? { inputSchemaInput: approval.inputSchemaInput }
      : {}),
  };
  return approved === undefined ? [request] : [request, {
    type: "tool-approval-response",
    approvalId,
    approved,
    reason,
  }];
}
