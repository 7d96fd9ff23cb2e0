import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { obstacle } from '../native-tensorflow.mjs';
import { configuredIndex, fetchWheel } from './fetch-wheel.mjs';
import { cacheKey, readPointer, tensorflowCache, writePointer } from './tensorflow-cache.mjs';
import { extract, readDirectory } from './unzip.mjs';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'assay-tf-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A zip archive with one stored and otherwise deflated entries. */
function zip(entries: Record<string, string>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const packed = name === 'stored' ? Buffer.from(text) : deflateRawSync(text);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(name === 'stored' ? 0 : 8, 4);
    fields.writeUInt32LE(crc32(text), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(Buffer.byteLength(text), 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.alloc(2), fields, tail, Buffer.from(name)]));
    bodies.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listing.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...bodies, listing, Buffer.from('PK\x05\x06'), end]);
}

describe('extract', () => {
  it('takes the chosen entries out, packed or stored', async () => {
    const archive = join(folder, 'a.whl');
    writeFileSync(archive, zip({ 'lib/one.so': 'x'.repeat(100_000), stored: 'as it is', 'other.txt': 'no' }));
    expect((await readDirectory(archive)).map(({ name }) => name)).toEqual(['lib/one.so', 'stored', 'other.txt']);
    expect(
      await extract(archive, join(folder, 'out'), (name: string) =>
        name === 'other.txt' ? undefined : `deps/${name}`,
      ),
    ).toBe(2);
    expect(readFileSync(join(folder, 'out/deps/lib/one.so'), 'utf8')).toBe('x'.repeat(100_000));
    expect(readFileSync(join(folder, 'out/deps/stored'), 'utf8')).toBe('as it is');
    expect(existsSync(join(folder, 'out/deps/other.txt'))).toBe(false);
  });

  it('refuses an entry that leaves the folder, and what is no archive', async () => {
    const archive = join(folder, 'a.whl');
    writeFileSync(archive, zip({ '../../evil': 'x' }));
    await expect(extract(archive, join(folder, 'out'), (name: string) => name)).rejects.toThrow(
      'would leave the target folder',
    );
    writeFileSync(archive, 'no zip at all, whatever its name says');
    await expect(readDirectory(archive)).rejects.toThrow('is not a zip archive');
  });
});

describe('fetchWheel', () => {
  const content = 'the wheel';
  const wheel = {
    package: 'tensorflow-cpu',
    version: '1',
    python: '3.11',
    tag: 'any',
    file: 'tf.whl',
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: 9,
  };
  const nowhere = { PATH: '/nowhere' };
  let server: Server | undefined;
  afterEach(() => void server?.close());

  async function index(listener: RequestListener): Promise<string> {
    server = createServer(listener);
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
    const address = server.address();
    return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  const listing: RequestListener = (request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from('me:p@ss').toString('base64')}`)
      return void response.writeHead(401).end();
    if (request.url === '/files/tf.whl') return void response.end(content);
    response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
    response.end(JSON.stringify({ files: [{ filename: 'tf.whl', url: '../../files/tf.whl' }] }));
  };

  it('asks the configured index, with its login as a header, and shows how far it is', async () => {
    const host = await index(listing);
    const seen: number[] = [];
    await fetchWheel(wheel, join(folder, 'w'), {
      env: { ...nowhere, PIP_INDEX_URL: `http://me:p%40ss@${host}/simple/` },
      progress: (bytes: number) => seen.push(bytes),
    });
    expect(readFileSync(join(folder, 'w'), 'utf8')).toBe(content);
    expect(seen.at(-1)).toBe(9);
  });

  it('reads an index that knows only HTML', async () => {
    const host = await index(
      (request, response) =>
        void response
          .setHeader('content-type', 'text/html')
          .end(
            request.url === '/w'
              ? content
              : '<a href="/other">other.whl</a><a data-x="1" href="/w#sha256=0">tf.whl</a>',
          ),
    );
    await fetchWheel(wheel, join(folder, 'w'), { env: { ...nowhere, UV_DEFAULT_INDEX: `http://${host}/simple` } });
    expect(readFileSync(join(folder, 'w'), 'utf8')).toBe(content);
  });

  it('uses no file with another digest, wherever it comes from', async () => {
    writeFileSync(join(folder, 'given.whl'), 'something else');
    await expect(
      fetchWheel(wheel, join(folder, 'w'), { env: { ASSAY_SETUP_TENSORFLOW_WHEEL: join(folder, 'given.whl') } }),
    ).rejects.toThrow(/expected [0-9a-f]{64}: it was not used/);
  });

  it('says what to install or give when neither the index nor pip helps', async () => {
    const host = await index((_request, response) => void response.writeHead(404).end());
    await expect(
      fetchWheel(wheel, join(folder, 'w'), { env: { ...nowhere, PIP_INDEX_URL: `http://${host}/simple` } }),
    ).rejects.toThrow('(the index answered 404) and pip is missing: install pip (apt-get install python3-pip)');
  });

  it('finds the index in pip.conf', () => {
    writeFileSync(join(folder, 'pip.conf'), '[global]\ntimeout = 5\nindex-url = http://127.0.0.1:9/simple\n');
    expect(configuredIndex({ PIP_CONFIG_FILE: join(folder, 'pip.conf') })).toBe('http://127.0.0.1:9/simple');
  });
});

describe('the cache', () => {
  it('is found through a pointer, unless the binding it names is gone', () => {
    const cache = tensorflowCache({ XDG_CACHE_HOME: folder });
    const binding = join(folder, 'tfjs_binding.node');
    writeFileSync(binding, '');
    expect(readPointer(cache, '4.22.0')).toBeUndefined();
    writePointer(cache, { binding, tensorflow: '2.18.1', tfjs: '4.22.0' });
    expect(readPointer(cache, '4.22.0')).toMatchObject({ binding, tensorflow: '2.18.1' });
    rmSync(binding);
    expect(readPointer(cache, '4.22.0')).toBeUndefined();
  });

  it('has a key of its own for each wheel and each tfjs', () => {
    const keys = [
      cacheKey({ version: '1', sha256: 'a' }, '4'),
      cacheKey({ version: '1', sha256: 'b' }, '4'),
      cacheKey({ version: '1', sha256: 'a' }, '5'),
    ];
    expect(new Set(keys).size).toBe(3);
  });

  it('names the missing compiler in one line', () => {
    expect(obstacle({ PATH: '/nowhere' })).toMatch(
      /C\+\+ compiler is missing: apt-get install g\+\+|no pinned TensorFlow wheel/,
    );
  });
});
