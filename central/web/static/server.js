// Requests to the centre: JSON in, JSON or a fragment of a page out; a refusal becomes one sentence for people.
import { word } from "./words.js";

const CODES = ["stale", "evidence_unverified", "reviewer_missing", "note_missing", "not_found"];

export class Refused extends Error {
  constructor(code, status) {
    super(word(`refused.${CODES.includes(code) ? code : "other"}`, { status }));
    this.code = code;
  }
}

export async function send(path, body, options = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      ...options,
    });
  } catch {
    throw new Error(word("refused.unreachable"));
  }
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(value.reason, answer.status);
  return value;
}

export async function fetched(path) {
  let answer;
  try {
    answer = await fetch(path);
  } catch {
    throw new Error(word("refused.unreachable"));
  }
  if (!answer.ok) throw new Refused("other", answer.status);
  return answer.json();
}

export async function fragment(path) {
  let answer;
  try {
    answer = await fetch(path, { headers: { Accept: "text/html" } });
  } catch {
    throw new Error(word("refused.unreachable"));
  }
  if (!answer.ok) throw new Refused(answer.status === 404 ? "not_found" : "other", answer.status);
  return answer.text();
}
