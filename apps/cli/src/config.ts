import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CliError, exitCodes } from './exit-codes.js';

const profile = z.object({
  server: z.url(),
  token: z.string(),
  workspace: z.string().optional(),
  email: z.string().optional(),
  expiresAt: z.string().optional(),
});
const configFile = z.object({ current: z.string(), profiles: z.record(z.string(), profile) });

export type Profile = z.infer<typeof profile>;
type ConfigFile = z.infer<typeof configFile>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The only place of the command line that reads the environment. */
export function readEnvironment(): Environment {
  return process.env;
}

export const defaultServer = 'http://127.0.0.1:5000';

/** Where a command goes and as whom: options win over the environment, the environment over the signed-in profile. */
export interface Target {
  readonly server: string;
  readonly token: string | null;
  /** Workspace to act in; null: the one that the server takes by itself. */
  readonly workspace: string | null;
}

/** The signed-in profiles, in a file that only its owner can read. */
export class ProfileStore {
  readonly path: string;

  constructor(private readonly environment: Environment = readEnvironment()) {
    const folder = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config');
    this.path = join(folder, 'assay', 'config.json');
  }

  read(): ConfigFile {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return { current: 'default', profiles: {} };
      throw new CliError(`${this.path} can't be read: ${error instanceof Error ? error.message : String(error)}.`);
    }
    const parsed = configFile.safeParse(parseJson(text));
    if (!parsed.success) throw new CliError(`${this.path} is no settings file of assay: remove it and sign in again.`);
    return parsed.data;
  }

  /** Keeps a profile and makes it the current one. Written beside and renamed, so a full disk leaves the old one. */
  save(name: string, value: Profile): void {
    const { profiles } = this.read();
    this.#write({ current: name, profiles: { ...profiles, [name]: value } });
  }

  /** Forgets a profile; false if there was none. */
  remove(name: string): boolean {
    const { current, profiles } = this.read();
    if (!(name in profiles)) return false;
    const rest = Object.fromEntries(Object.entries(profiles).filter(([other]) => other !== name));
    this.#write({ current: current === name ? (Object.keys(rest)[0] ?? 'default') : current, profiles: rest });
    return true;
  }

  target(options: { url?: string | undefined; profile?: string | undefined; workspace?: string | undefined }): Target {
    const { current, profiles } = this.read();
    const found = profiles[options.profile ?? current];
    if (options.profile !== undefined && found === undefined) {
      throw new CliError(
        `There is no profile "${options.profile}": sign in with "assay login --profile ${options.profile}".`,
        exitCodes.usage,
      );
    }
    const server = checkServer(options.url ?? (this.environment.ASSAY_URL || found?.server || defaultServer));
    // A token goes only to the server that it was made for.
    const kept = found !== undefined && new URL(found.server).origin === new URL(server).origin ? found : null;
    const { ASSAY_TOKEN: token, ASSAY_WORKSPACE: own, MLFLOW_WORKSPACE: mlflows } = this.environment;
    return {
      server,
      token: token || (kept?.token ?? null),
      workspace: options.workspace ?? (own || mlflows || kept?.workspace || null),
    };
  }

  /** How MLflow's own clients sign in to another server. */
  mlflowCredential(): { token?: string; username?: string; password?: string } {
    const {
      MLFLOW_TRACKING_TOKEN: token,
      MLFLOW_TRACKING_USERNAME: username,
      MLFLOW_TRACKING_PASSWORD: password,
    } = this.environment;
    return Object.fromEntries(
      Object.entries({ token, username, password }).flatMap(([name, value]) => (value ? [[name, value]] : [])),
    );
  }

  #write(content: ConfigFile): void {
    const temporary = `${this.path}.${process.pid}`;
    try {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
      chmodSync(temporary, 0o600);
      renameSync(temporary, this.path);
    } catch (error) {
      throw new CliError(`${this.path} can't be written: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
}

/** The address without path, or one sentence about what is wrong with it. */
export function checkServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CliError(`"${text}" is no address of a server: write it like ${defaultServer}.`, exitCodes.usage);
  }
  return url.origin;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // the schema says that it is no settings file
  }
}
