import { z } from 'zod';
import { filterField } from './filter/filter-fields.js';
import { limits } from './limits.js';
import { message } from './message.js';
import { experimentId, runId } from './names.js';
import { parameterError } from './parameter-error.js';
import { boolean, int64Between, list, requiredText, requiredTextUpTo, text, textUpTo } from './scalars.js';

const statuses = ['pending', 'rejected', 'resolved'] as const;
/** From the least to the worst. */
export const issueSeverities = ['not_an_issue', 'low', 'medium', 'high'] as const;
export type IssueStatus = (typeof statuses)[number];
export type IssueSeverity = (typeof issueSeverities)[number];

const status = z.enum(statuses, { error: parameterError });
const severity = z.enum(issueSeverities, { error: parameterError });
const name = requiredTextUpTo(limits.issueName);
const description = requiredTextUpTo(limits.issueText);
const points = list(textUpTo(limits.issueText)).refine((each) => each.length <= limits.issuePoints, {
  error: () => `At most ${limits.issuePoints} of them can be given.`,
});

export const createIssueRequest = message({
  name: name.describe('What is wrong, in a few words'),
  description: description.describe('What is wrong'),
  experiment_id: experimentId.describe('Experiment whose traces show it'),
  status: status.default('pending').describe('Where it stands'),
  severity: severity.optional().describe('How bad it is'),
  root_causes: points.describe('What it may come from'),
  categories: points.describe('Kinds of problem'),
  source_run_id: runId.optional().describe('Run that found it'),
  created_by: textUpTo(limits.userId).optional().describe('Who found it, as the client names them'),
});
export const updateIssueRequest = message({
  issue_id: requiredText.describe('Id of the issue'),
  name: textUpTo(limits.issueName).optional().describe('New name; the empty text changes nothing'),
  description: textUpTo(limits.issueText).optional().describe('New description; the empty text changes nothing'),
  status: status.optional().describe('Where it stands now'),
  severity: severity.optional().describe('How bad it is'),
});
export const getIssueRequest = message({ issue_id: requiredText.describe('Id of the issue') });
export const searchIssuesRequest = message({
  experiment_id: experimentId.optional().describe('Only issues of this experiment'),
  filter_string: filterField('issues').describe("Filter, such as `status = 'pending'`"),
  max_results: int64Between(1, limits.searchIssues).default(100).describe('Most issues in this page'),
  page_token: text.optional().describe('Token of the page, from the previous answer'),
  include_trace_count: boolean.default(false).describe('Whether to count the traces that show each issue'),
});

export const issueMessage = z
  .object({
    issue_id: z.string().describe('Id of the issue'),
    experiment_id: z.string().describe('Experiment whose traces show it'),
    name: z.string().describe('What is wrong, in a few words'),
    description: z.string().describe('What is wrong'),
    status: status.describe('Where it stands'),
    severity: severity.optional().describe('How bad it is'),
    root_causes: z.array(z.string()).optional().describe('What it may come from'),
    source_run_id: z.string().optional().describe('Run that found it'),
    created_timestamp: z.number().describe('Found, in milliseconds since 1970'),
    last_updated_timestamp: z.number().describe('Changed last, in milliseconds since 1970'),
    created_by: z.string().optional().describe('Who found it'),
    categories: z.array(z.string()).optional().describe('Kinds of problem'),
    trace_count: z.number().optional().describe('Traces that show it, where that was asked for'),
  })
  .meta({ id: 'MlflowIssue' });
export const issueResponse = z.object({ issue: issueMessage.describe('The issue') });
export const searchIssuesResponse = z.object({
  issues: z.array(issueMessage).optional().describe('The page, the worst first; absent when empty'),
  next_page_token: z.string().describe('Empty when there are no more'),
});

export type CreateIssueRequest = z.infer<typeof createIssueRequest>;
export type UpdateIssueRequest = z.infer<typeof updateIssueRequest>;
export type SearchIssuesRequest = z.infer<typeof searchIssuesRequest>;
export type IssueMessage = z.infer<typeof issueMessage>;
