import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Where a stack's line ends with a place in a file of ours. */
const placeInFile = /(file:\/\/\/[^()\s]+\.js):(\d+):(\d+)(\)?)$/;
const mostMaps = 16;

/**
 * Stacks name lines of the sources, as `--enable-source-maps` makes them do. That option reads the map of every module when it is loaded, those of
 * all packages too, and keeps them: 10 MiB and a tenth of the start. Here a map is read when an error that passed through its file is shown.
 */
export function tellSourceLines(): void {
  const maps = new Map<string, SourceMap | null>();
  const mapOf = (file: string): SourceMap | null => {
    const known = maps.get(file);
    if (known !== undefined) return known;
    if (maps.size === mostMaps) maps.clear();
    const map = readMap(file);
    maps.set(file, map);
    return map;
  };
  Error.prepareStackTrace = (error, frames) =>
    [Error.prototype.toString.call(error), ...frames.map((frame) => `    at ${inSource(String(frame), mapOf)}`)].join(
      '\n',
    );
}

function inSource(frame: string, mapOf: (file: string) => SourceMap | null): string {
  return frame.replace(placeInFile, (built, file: string, line: string, column: string, close: string) => {
    if (file.includes('/node_modules/')) return built;
    const found = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !('originalSource' in found)) return built;
    return `${new URL(found.originalSource, file).href}:${found.originalLine + 1}:${found.originalColumn + 1}${close}`;
  });
}

/** Null for a file without one, as in an image without sources. */
function readMap(file: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), 'utf8')));
  } catch {
    return null;
  }
}
