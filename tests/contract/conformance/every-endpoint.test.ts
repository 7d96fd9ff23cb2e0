import { mlflowEndpoints } from '@assay/pure/mlflow-wire';
import { testDatabase } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { routerRoutes } from '../../e2e/routed.js';
import { wholePlatform } from '../../e2e/whole-platform.js';

/** `METHOD /a/:name/*` with every parameter by one name: who serves it may have given them others. */
function shape(route: string): string {
  return route
    .replace(/:[A-Za-z]\w*/g, ':x')
    .replace(/\*\w*$/, '*')
    .replace(/\/$/, '');
}

describe('every endpoint of MLflow', () => {
  const platform = wholePlatform(testDatabase(), {}, { workers: false });

  it('is served, or answers 501 by its name in the shape that clients know', async () => {
    const served = new Set(routerRoutes(platform.app).map(shape));
    const missing = mlflowEndpoints.filter((endpoint) => !served.has(shape(endpoint)));
    expect(mlflowEndpoints.length).toBeGreaterThan(400);
    const wrong: string[] = [];
    for (const endpoint of missing) {
      const [method = '', path = ''] = endpoint.split(' ');
      const url = path.replaceAll(/:[A-Za-z]\w*/g, 'x').replace('*', 'x/y');
      const answer = await fetch(`${platform.url}${url}`, {
        method,
        ...(method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } }),
      });
      const text = await answer.text();
      // A path of one segment may be another endpoint's parameter: then that one answers, and not by failing.
      const told =
        answer.status === 501 && text.includes('"NOT_IMPLEMENTED"') && text.includes(`${method} ${url} of MLflow`);
      if (!told && answer.status >= 404) wrong.push(`${endpoint}: ${answer.status} ${text.slice(0, 200)}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    'POST /api/2.0/mlflow/experiments/search-datasets',
    'GET /api/2.0/mlflow/runs/get',
    'POST /api/2.0/mlflow/logged-models/search',
    'GET /api/2.0/mlflow-artifacts/artifacts/*',
  ])('%s is served, under /ajax-api as well', (route) => {
    const served = routerRoutes(platform.app).map(shape);
    expect(served).toContain(route);
    expect(served).toContain(route.replace('/api/', '/ajax-api/'));
  });
});
