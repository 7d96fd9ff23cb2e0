// Gets one pinned Python wheel: from a file, from the configured package index, or through pip, which knows its own default.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const SIMPLE_JSON = 'application/vnd.pypi.simple.v1+json';
const STALLED_MS = 60_000;

/** Puts the wheel at `target` and checks its digest; throws an Error whose message is a sentence for the user. */
export async function fetchWheel(wheel, target, { env = process.env, progress = (_seen, _total) => {} } = {}) {
  const given = env.ASSAY_SETUP_TENSORFLOW_WHEEL;
  if (given) {
    if (!existsSync(given)) throw new Error(`ASSAY_SETUP_TENSORFLOW_WHEEL names ${given}, which does not exist`);
    await pipeline(createReadStream(given), createWriteStream(target));
    return verify(wheel, target);
  }
  const index = configuredIndex(env);
  let refusal;
  if (index) {
    try {
      await fromIndex(index, wheel, target, progress);
      return await verify(wheel, target);
    } catch (error) {
      refusal = describe(error);
    }
  }
  const pip = findPip(env);
  if (!pip) {
    const why = refusal
      ? `the configured package index did not give it (${refusal}) and pip is missing`
      : 'neither pip nor a package index is configured';
    throw new Error(
      `${why}: install pip (apt-get install python3-pip) or give the wheel as ASSAY_SETUP_TENSORFLOW_WHEEL=/path/${wheel.file}`,
    );
  }
  fromPip(pip, wheel, target, env);
  return verify(wheel, target);
}

async function verify(wheel, path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  const found = hash.digest('hex');
  if (found !== wheel.sha256)
    throw new Error(`${wheel.file} has the SHA-256 ${found}, expected ${wheel.sha256}: it was not used`);
}

/** The package index of pip's or uv's configuration; undefined when none is set and only pip knows its default. */
export function configuredIndex(env = process.env) {
  const direct = env.PIP_INDEX_URL || env.UV_DEFAULT_INDEX || env.UV_INDEX_URL;
  if (direct) return direct;
  const files = [
    env.PIP_CONFIG_FILE,
    join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'pip/pip.conf'),
    join(homedir(), '.pip/pip.conf'),
    '/etc/pip.conf',
  ];
  for (const file of files) {
    if (!file || !existsSync(file)) continue;
    const line = /^\s*index[-_]url\s*=\s*(\S+)\s*$/m.exec(readFileSync(file, 'utf8'));
    if (line) return line[1];
  }
  return undefined;
}

async function fromIndex(index, wheel, target, progress) {
  const page = await request(`${index.replace(/\/+$/, '')}/${wheel.package}/`, {
    Accept: `${SIMPLE_JSON}, text/html;q=0.1`,
  });
  const body = await page.text();
  const link = (page.headers.get('content-type') ?? '').includes('json')
    ? JSON.parse(body).files.find((file) => file.filename === wheel.file)?.url
    : htmlLink(body, wheel.file);
  if (!link) throw new Error(`the index does not list ${wheel.file}`);
  const answer = await request(new URL(link, page.url).href, {}, index);
  const total = Number(answer.headers.get('content-length')) || wheel.bytes;
  let seen = 0;
  const meter = new Transform({
    transform(chunk, _encoding, done) {
      seen += chunk.length;
      progress(seen, total);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(answer.body), meter, createWriteStream(target));
}

function htmlLink(html, file) {
  const anchor = [...html.matchAll(/<a\s[^>]*href="([^"#]+)[^>]*>([^<]*)<\/a>/g)].find(
    (match) => match[2].trim() === file,
  );
  return anchor?.[1].replaceAll('&amp;', '&');
}

// fetch refuses credentials in an address, so they travel as a header, and only to the index's own host.
async function request(address, headers, credentialsOf = address) {
  const url = new URL(address);
  const source = new URL(credentialsOf);
  const withLogin = source.username && source.host === url.host;
  if (withLogin) {
    const login = `${decodeURIComponent(source.username)}:${decodeURIComponent(source.password)}`;
    headers = { ...headers, Authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  }
  url.username = '';
  url.password = '';
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(STALLED_MS * 10) });
  if (!answer.ok) {
    await answer.body?.cancel(); // an unread body would keep the process open
    throw new Error(`the index answered ${answer.status}`);
  }
  return answer;
}

/** The command that runs pip, or undefined. */
export function findPip(env = process.env) {
  const candidates = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']];
  return candidates.find(
    ([command, ...args]) => spawnSync(command, [...args, '--version'], { env, stdio: 'ignore' }).status === 0,
  );
}

function fromPip([command, ...prefix], wheel, target, env) {
  const folder = `${target}.pip`;
  const args = [
    'download',
    '--quiet',
    '--no-cache-dir',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--python-version',
    wheel.python,
  ];
  const run = spawnSync(
    command,
    [...prefix, ...args, '--platform', wheel.tag, '--dest', folder, `${wheel.package}==${wheel.version}`],
    { env, encoding: 'utf8' },
  );
  const file = join(folder, wheel.file);
  if (run.status !== 0 || !existsSync(file)) {
    const last =
      (run.stderr ?? '')
        .trim()
        .split('\n')
        .filter((line) => line.includes('ERROR'))
        .pop() ?? `exit ${run.status}`;
    throw new Error(
      `pip could not download ${wheel.package} ${wheel.version} (${last.trim()}): check the network, or give the wheel as ASSAY_SETUP_TENSORFLOW_WHEEL=/path/${wheel.file}`,
    );
  }
  renameSync(file, target);
}

function describe(error) {
  return error.cause?.code ?? error.message;
}
