import { expect, it } from 'vitest';
import { aCommandLine, type Responder } from '../command-line.builder.js';

const run = 'a'.repeat(32);

/** An MLflow server that lies about its files, and the platform that they are brought to. */
const bothServers: Responder = ({ method, path }) => {
  const [place = ''] = path.split('?');
  switch (`${method} ${place}`) {
    case 'POST /api/2.0/mlflow/experiments/search':
      return { json: { experiments: [{ experiment_id: '7', name: 'credit\u001b[2J' }] } };
    case 'POST /api/2.0/mlflow/runs/search':
      return { json: { runs: [{ info: { run_id: run, experiment_id: '7' } }] } };
    case 'GET /api/2.0/mlflow/artifacts/list':
      return { json: { files: ['../../b/artifacts/model.pkl', 'x/./y', 'fine.txt'].map((name) => ({ path: name })) } };
    case 'POST /api/2.0/mlflow/logged-models/search':
    case 'GET /api/2.0/mlflow/registered-models/search':
      return { json: {} };
    case 'GET /get-artifact':
      return { text: 'x' };
    case 'POST /api/v1/imports/experiments':
      return { json: { experiment_id: '7', name: 'credit\u001b[2J', outcome: 'imported' } };
    case 'POST /api/v1/imports/runs':
      return { json: { artifact_uri: `mlflow-artifacts:/7/${run}/artifacts`, outcome: 'imported' } };
    case 'GET /api/2.0/mlflow-artifacts/artifacts':
      return { json: {} };
    default:
      return method === 'PUT' || place.endsWith('/complete') ? { json: {} } : { status: 404, json: { message: place } };
  }
};

it('takes the word of the other server neither for where a file goes nor for what a terminal does', async () => {
  const line = aCommandLine(bothServers);
  const { code, err } = await line.run('import', 'mlflow', 'http://old.test', '--url', 'http://new.test');
  expect(line.sent.filter(({ method }) => method === 'PUT').map(({ path }) => path)).toEqual([
    `/api/2.0/mlflow-artifacts/artifacts/7/${run}/artifacts/fine.txt`,
  ]);
  expect(code).toBe(6);
  expect(err.match(/its path leads out of its folder/g)).toHaveLength(2);
  expect(err).not.toContain('\u001b');
});

it('shows what the other server says of a failure as text', async () => {
  const line = aCommandLine(() => ({ status: 400, json: { message: 'no\u001b]0;owned\u0007' } }));
  const { err } = await line.run('import', 'mlflow', 'http://old.test', '--url', 'http://new.test');
  expect(err).toBe('assay: http://old.test answered 400: no·]0;owned·\n');
});

it('gives a version the stage that an import which broke off left out, but takes none back', async () => {
  const bring = async (stageHere: string) => {
    const line = aCommandLine(({ method, path }) => {
      const [place = ''] = path.split('?');
      const version = { name: 'credit', version: '1', current_stage: 'Production' };
      switch (`${method} ${place}`) {
        case 'GET /api/2.0/mlflow/registered-models/search':
          return { json: path.includes('filter') ? {} : { registered_models: [{ name: 'credit' }] } };
        case 'GET /api/2.0/mlflow/model-versions/search':
          return { json: { model_versions: [version] } };
        case 'GET /api/2.0/mlflow/model-versions/get':
          return { json: { model_version: { ...version, current_stage: stageHere } } };
        default:
          return { json: place.startsWith('/api/v1/imports/') ? { outcome: 'present' } : {} };
      }
    });
    const { code, out } = await line.run('import', 'mlflow', 'http://old.test', '--url', 'http://new.test');
    expect(code).toBe(0);
    expect(out).toContain('1 here already');
    return line.sent.filter(({ path }) => path.endsWith('/transition-stage')).length;
  };
  expect(await bring('None')).toBe(1);
  expect(await bring('Archived')).toBe(0);
});

it('tells how far it is where nobody watches, and asks again when an answer breaks off', async () => {
  let broken = 0;
  const runs = Array.from({ length: 150 }, (_, number) => ({
    info: { run_id: number.toString(16).padStart(32, '0'), experiment_id: '7' },
  }));
  const line = aCommandLine((call) => {
    if (call.path.endsWith('/runs/search')) {
      broken += 1;
      if (broken === 1) return { text: '{"runs": [{"info"', breaksOff: true };
      return { json: { runs } };
    }
    return bothServers(call);
  });
  const argv = ['import', 'mlflow', 'http://old.test', '--url', 'http://new.test', '--dry-run', '--json'];
  const { code, out, err } = await line.run(...argv);
  expect([code, JSON.parse(out).runs]).toEqual([0, { brought: 150, present: 0 }]);
  expect(err).toMatch(/experiment credit.*\n.*experiment credit.* 100\n/);
});

it('says how the file store of an MLflow without a server is brought', async () => {
  const line = aCommandLine();
  const { code, err } = await line.run('import', 'mlflow', line.home, '--url', 'http://new.test');
  expect([code, line.sent]).toEqual([2, []]);
  expect(err).toContain('is a folder. If it is a file store of MLflow (mlruns), let MLflow serve it');
});
