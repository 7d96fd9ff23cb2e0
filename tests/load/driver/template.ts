/** A number of fixed width that grows by `perCall` with each call: what makes a prebuilt body new without building it again. */
export interface Counter {
  start: number;
  perCall: number;
}

/** A gap that is filled with what was taken from the answer before: the id of a run that this call goes on with. */
export interface Gap {
  width: number;
}

/** Text with counters and gaps in it. */
export type Template = string | readonly (string | Counter | Gap)[];

/** A template as bytes, ready to be sent again and again. */
export interface Rendered {
  bytes: Buffer;
  counters: readonly { at: number; width: number; start: number; perCall: number }[];
  gaps: readonly { at: number; width: number }[];
}

export function render(template: Template): Rendered {
  const pieces = typeof template === 'string' ? [template] : template;
  const counters: { at: number; width: number; start: number; perCall: number }[] = [];
  const gaps: { at: number; width: number }[] = [];
  const parts: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    const text = Buffer.from(textOf(piece));
    if (typeof piece !== 'string' && 'start' in piece) counters.push({ at, width: text.length, ...piece });
    else if (typeof piece !== 'string') gaps.push({ at, width: text.length });
    parts.push(text);
    at += text.length;
  }
  return { bytes: Buffer.concat(parts), counters, gaps };
}

function textOf(piece: string | Counter | Gap): string {
  if (typeof piece === 'string') return piece;
  return 'start' in piece ? String(piece.start) : ' '.repeat(piece.width);
}

/** Sets every counter to what it is at a client's `call`-th call. */
export function setCounters({ bytes, counters }: Rendered, call: number): void {
  for (const { at, width, start, perCall } of counters) {
    let value = start + perCall * call;
    for (let digit = at + width - 1; digit >= at; digit -= 1) {
      bytes[digit] = 48 + (value % 10);
      value = Math.floor(value / 10);
    }
    if (value > 0) throw new Error(`a counter of ${width} digits has no room for call ${call}`);
  }
}

/** Fills every gap. */
export function fillGaps({ bytes, gaps }: Rendered, text: string): void {
  for (const { at, width } of gaps) {
    if (text.length !== width) throw new Error(`"${text}" does not fit into a gap of ${width}`);
    bytes.write(text, at, 'latin1');
  }
}
