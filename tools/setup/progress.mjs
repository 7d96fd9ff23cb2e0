// Progress on stderr: one changing line on a terminal, one plain line per stage elsewhere.
export function stageLine(prefix, stream = process.stderr) {
  const show = (text) => stream.write(`\r\x1b[K${prefix}: ${text}`);
  return {
    /** A new stage. */
    say(text) {
      if (stream.isTTY) show(text);
      else stream.write(`${prefix}: ${text}\n`);
    },
    /** How far the stage is: seen on a terminal only. */
    tick(text) {
      if (stream.isTTY) show(text);
    },
    /** Clears the changing line and leaves `text`, if any, in its place. */
    end(text) {
      if (stream.isTTY) stream.write('\r\x1b[K');
      if (text) stream.write(`${prefix}: ${text}\n`);
    },
  };
}
