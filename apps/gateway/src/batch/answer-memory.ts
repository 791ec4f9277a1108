/** Remembers answers for a little while: what the lines of a batch ask one after the other is asked once. */

/** The answer to a question of this name: one that is known, or is being asked for, else a new one. */
export type AnswerMemory<Answer> = (name: string, ask: () => Promise<Answer>) => Promise<Answer>;

/** A failure is not remembered. */
export function createAnswerMemory<Answer>(freshMs: number): AnswerMemory<Answer> {
  const known = new Map<string, { answer: Promise<Answer>; untilMs: number }>();
  return (name, ask) => {
    const now = Date.now();
    for (const [each, { untilMs }] of known) if (untilMs <= now) known.delete(each);
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered.answer;
    const answer = ask();
    known.set(name, { answer, untilMs: now + freshMs });
    answer.catch(() => known.delete(name));
    return answer;
  };
}
