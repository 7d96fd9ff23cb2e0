/** A fault in CSV text, with the line (1-based, physical) where it was found. */
export class CsvError extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = 'CsvError';
    this.line = line;
  }
}

/** One record of a CSV file, with the line on which it starts. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvReaderOptions {
  /** Longest field accepted, in UTF-16 units; keeps a missing closing quote from swallowing a whole file. */
  readonly maxFieldLength?: number;
  /** Most fields in one record. */
  readonly maxFields?: number;
}

const QUOTE = 34;
const COMMA = 44;
const CR = 13;
const LF = 10;

type State = 'field-start' | 'bare' | 'quoted' | 'field-end' | 'after-cr';

/**
 * Reads RFC 4180 CSV piece by piece: comma, double quotes, LF or CRLF, an optional byte order mark.
 * A quote inside a bare field, text after a closing quote, a lone CR and a NUL are faults rather than guesses.
 */
export class CsvReader {
  readonly #maxFieldLength: number;
  readonly #maxFields: number;
  #state: State = 'field-start';
  #fields: string[] = [];
  #field = '';
  #line = 1;
  #recordLine = 1;
  #quoteLine = 1;
  #started = false;

  constructor(options: CsvReaderOptions = {}) {
    this.#maxFieldLength = options.maxFieldLength ?? 65_536;
    this.#maxFields = options.maxFields ?? 4_096;
  }

  /** Line that is being read. */
  get line(): number {
    return this.#line;
  }

  /** Takes the next piece of text and returns the records that it completes. */
  push(chunk: string): CsvRecord[] {
    const text = this.#started || !chunk.startsWith('\uFEFF') ? chunk : chunk.slice(1);
    if (chunk.length > 0) this.#started = true;
    const records: CsvRecord[] = [];
    let position = 0;
    while (position < text.length) position = this.#step(text, position, records);
    return records;
  }

  /** Ends the input and returns the last record, if the file did not end in a line break. */
  end(): CsvRecord[] {
    if (this.#state === 'quoted') {
      throw new CsvError(this.#quoteLine, 'the quote opened here is never closed');
    }
    if (this.#state === 'after-cr') throw new CsvError(this.#line, 'a carriage return without a line feed');
    if (this.#state === 'field-start' && this.#fields.length === 0) return [];
    return [this.#endRecord()];
  }

  #step(text: string, position: number, records: CsvRecord[]): number {
    switch (this.#state) {
      case 'quoted':
        return this.#readQuoted(text, position);
      case 'bare':
        return this.#readBare(text, position);
      default:
        return this.#readDelimiter(text, position, records);
    }
  }

  #readQuoted(text: string, from: number): number {
    const close = text.indexOf('"', from);
    const until = close === -1 ? text.length : close;
    const piece = text.slice(from, until);
    for (let at = piece.indexOf('\n'); at !== -1; at = piece.indexOf('\n', at + 1)) this.#line += 1;
    this.#append(piece);
    if (close === -1) return until;
    this.#state = 'field-end';
    return close + 1;
  }

  #readBare(text: string, from: number): number {
    let until = from;
    while (until < text.length) {
      const code = text.charCodeAt(until);
      if (code === COMMA || code === LF || code === CR) break;
      if (code === QUOTE) throw new CsvError(this.#line, 'a quote inside a field that does not start with one');
      until += 1;
    }
    this.#append(text.slice(from, until));
    if (until < text.length) this.#state = 'field-end';
    return until;
  }

  /** At a place where only a delimiter, a line break or (at a field's start) its first character may stand. */
  #readDelimiter(text: string, position: number, records: CsvRecord[]): number {
    const code = text.charCodeAt(position);
    if (this.#state === 'after-cr' && code !== LF) {
      throw new CsvError(this.#line, 'a carriage return without a line feed');
    }
    if (code === LF) {
      records.push(this.#endRecord());
      this.#line += 1;
      this.#recordLine = this.#line;
      return position + 1;
    }
    if (code === CR) {
      this.#state = 'after-cr';
      return position + 1;
    }
    if (code === COMMA) {
      this.#endField();
      return position + 1;
    }
    return this.#readFirst(code, position);
  }

  #readFirst(code: number, position: number): number {
    if (this.#state === 'field-start') {
      if (code !== QUOTE) {
        this.#state = 'bare';
        return position;
      }
      this.#quoteLine = this.#line;
      this.#state = 'quoted';
      return position + 1;
    }
    if (code !== QUOTE) throw new CsvError(this.#line, 'text after a closing quote');
    this.#append('"');
    this.#state = 'quoted';
    return position + 1;
  }

  #append(piece: string): void {
    if (piece.includes('\0')) throw new CsvError(this.#line, 'a NUL character; CSV must be UTF-8 text');
    if (this.#field.length + piece.length > this.#maxFieldLength) {
      throw new CsvError(this.#recordLine, `a field is longer than ${this.#maxFieldLength} characters`);
    }
    this.#field += piece;
  }

  #endField(): void {
    this.#fields.push(this.#field);
    if (this.#fields.length >= this.#maxFields) {
      throw new CsvError(this.#recordLine, `more than ${this.#maxFields} fields`);
    }
    this.#field = '';
    this.#state = 'field-start';
  }

  #endRecord(): CsvRecord {
    const fields = [...this.#fields, this.#field];
    this.#fields = [];
    this.#field = '';
    this.#state = 'field-start';
    return { line: this.#recordLine, fields };
  }
}
