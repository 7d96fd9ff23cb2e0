import { expect, it } from 'vitest';
import { answerOperation } from './answer-operation.js';
import { type Message, ReadApi } from './read-api.js';

it.each([
  ['{maxResults: 50000, filter: "a"}', { maxResults: 1000, filter: 'a' }],
  ['{maxResults: 5}', { maxResults: 5 }],
  ['{filter: "a"}', { filter: 'a' }],
])('asks for no more runs than an answer in memory may hold: %s', async (input, asked) => {
  const sent: unknown[] = [];
  const api = new ReadApi(async (method, url, body): Promise<Message> => {
    sent.push([method, url, { ...body }]);
    return { runs: [], next_page_token: 'more' };
  });
  const query = `{ mlflowSearchRuns(input: ${input}) { runs { info { runId } } nextPageToken } }`;
  expect(await answerOperation({ query }, api)).toMatchObject({
    data: { mlflowSearchRuns: { runs: [], nextPageToken: 'more' } },
    errors: null,
  });
  expect(sent).toEqual([['POST', '/api/2.0/mlflow/runs/search', asked]]);
});
