/** Lines that stay around a change, for whoever reads it. */
const context = 2;
/** Beyond this many pairs of changed lines, all of the old ones are told before all of the new ones. */
const mostPairs = 4_000_000;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** What became of a text, line by line: `-` was there, `+` is new, and a little of what stays around it. */
export function difference(before: string, after: string): string {
  const lines = compared(before.split('\n'), after.split('\n'));
  const near = lines.map((_, place) =>
    lines.slice(Math.max(0, place - context), place + context + 1).some(({ sign }) => sign !== ' '),
  );
  return lines
    .flatMap(({ sign, text }, place) => {
      if (near[place] === true) return [`${sign} ${text}\n`];
      return place > 0 && near[place - 1] === true ? ['  …\n'] : [];
    })
    .join('');
}

/** A shortest way from one list of lines to another, by their longest common subsequence. */
function compared(before: readonly string[], after: readonly string[]): Line[] {
  const same = (text: string): Line => ({ sign: ' ', text });
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const gone = before.slice(start, before.length - end);
  const come = after.slice(start, after.length - end);
  return [...before.slice(0, start).map(same), ...changed(gone, come), ...before.slice(before.length - end).map(same)];
}

function changed(gone: readonly string[], come: readonly string[]): Line[] {
  const out = (text: string): Line => ({ sign: '-', text });
  const into = (text: string): Line => ({ sign: '+', text });
  if (gone.length * come.length > mostPairs) return [...gone.map(out), ...come.map(into)];
  const width = come.length + 1;
  const common = new Uint16Array((gone.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = gone.length - 1; row >= 0; row -= 1)
    for (let column = come.length - 1; column >= 0; column -= 1)
      common[row * width + column] =
        gone[row] === come[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < gone.length && column < come.length) {
    const [old = '', now = ''] = [gone[row], come[column]];
    if (old === now) lines.push({ sign: ' ', text: old });
    else if (at(row + 1, column) >= at(row, column + 1)) lines.push(out(old));
    else lines.push(into(now));
    const step = lines.at(-1)?.sign;
    if (step !== '+') row += 1;
    if (step !== '-') column += 1;
  }
  return [...lines, ...gone.slice(row).map(out), ...come.slice(column).map(into)];
}
