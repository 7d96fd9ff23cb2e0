import { z } from 'zod';
import { limits } from '../limits.js';
import { camelCase, message } from '../message.js';
import { traceId } from '../names.js';
import { ruleError } from '../parameter-error.js';
import { boolean, protoEnum, requiredTextUpTo, text, textUpTo } from '../scalars.js';
import { textMap } from './text-map.js';
import { wireTime } from './wire-time.js';

export const assessmentSourceType = protoEnum({ SOURCE_TYPE_UNSPECIFIED: 0, HUMAN: 1, LLM_JUDGE: 2, CODE: 3 });
export type AssessmentSourceType = z.infer<typeof assessmentSourceType>;
export type AssessmentKind = 'feedback' | 'expectation' | 'issue';

const assessmentError = message({
  error_code: textUpTo(limits.assessmentName).optional().describe('Kind of error'),
  error_message: textUpTo(limits.assessmentText).optional().describe('What went wrong'),
  stack_trace: textUpTo(limits.assessmentText).optional().describe('Where it went wrong'),
});
export type AssessmentError = z.infer<typeof assessmentError>;

const feedback = message({
  value: z.unknown().optional().describe('Any JSON value'),
  error: assessmentError.optional().describe('Why there is no value'),
});

const expectation = message({
  value: z.unknown().optional().describe('A number, text or truth value'),
  serialized_value: message({
    serialization_format: z
      .literal('JSON_FORMAT', { error: ruleError('only JSON_FORMAT is supported.') })
      .describe('How the value is written'),
    value: textUpTo(limits.assessmentText)
      .refine(isJson, { error: ruleError('it must be JSON.') })
      .describe('The value as JSON'),
  })
    .optional()
    .describe('A value of another type'),
});

/** What is said about a trace. */
const assessmentFields = {
  assessment_id: textUpTo(50).optional().describe('Id; absent: the server makes one'),
  trace_id: text.optional().describe('Trace; the path names it as well'),
  span_id: textUpTo(50).optional().describe('Span that it is about'),
  source: message({
    source_type: assessmentSourceType
      .default('SOURCE_TYPE_UNSPECIFIED')
      .describe('Who says so: HUMAN, LLM_JUDGE or CODE'),
    source_id: textUpTo(limits.assessmentName).optional().describe('Name of the person, model or program'),
  })
    .optional()
    .describe('Who says so'),
  create_time: wireTime.optional().describe('When it was made; absent: now'),
  last_update_time: wireTime.optional().describe('When it was last changed; absent: now'),
  feedback: feedback.optional().describe('A judgement'),
  expectation: expectation.optional().describe('What should have come out'),
  issue: message({ issue_name: textUpTo(limits.assessmentText).optional().describe('Title of the issue') })
    .optional()
    .describe('An issue that the trace shows'),
  rationale: textUpTo(limits.assessmentText).optional().describe('Why'),
  metadata: textMap(limits.assessmentText)
    .default(() => ({}))
    .describe('Further facts'),
  overrides: textUpTo(50).optional().describe('Id of the assessment that this one replaces'),
  valid: boolean.optional().describe('Whether it has not been replaced'),
};

/** One assessment on its way in: exactly one of feedback, expectation and issue. */
export const assessmentInput = message({
  ...assessmentFields,
  assessment_name: requiredTextUpTo(limits.assessmentName).describe('Name of what is assessed'),
}).refine(({ feedback: a, expectation: b, issue: c }) => [a, b, c].filter((each) => each !== undefined).length === 1, {
  error: () => "Unknown assessment type: exactly one of 'feedback', 'expectation' or 'issue' should be specified.",
});

export const createAssessmentRequest = message({
  trace_id: traceId.describe('Trace'),
  assessment: assessmentInput.describe('The assessment'),
});

const oneAssessment = {
  trace_id: traceId.describe('Trace'),
  assessment_id: requiredTextUpTo(250).describe('Id of the assessment'),
};
export const getAssessmentRequest = message(oneAssessment);
export const deleteAssessmentRequest = message(oneAssessment);

const maskable = ['assessment_name', 'expectation', 'feedback', 'rationale', 'metadata', 'valid'] as const;
export type AssessmentField = (typeof maskable)[number];

export const updateAssessmentRequest = message({
  ...oneAssessment,
  assessment: message({
    ...assessmentFields,
    assessment_name: textUpTo(limits.assessmentName).optional().describe('Name of what is assessed'),
  }).describe('The new values'),
  update_mask: requiredTextUpTo(1000)
    .transform((mask) => {
      const named = mask.split(',').map((path) => path.trim());
      return maskable.filter((field) => named.includes(field) || named.includes(camelCase(field)));
    })
    .describe(
      'Fields to change, separated by commas: assessment_name, feedback, expectation, rationale, metadata, valid',
    ),
});

export const assessmentMessage = z
  .object({
    assessment_id: z.string().describe('Id'),
    assessment_name: z.string().describe('Name of what is assessed'),
    trace_id: z.string().describe('Trace'),
    span_id: z.string().optional().describe('Span that it is about'),
    source: z
      .object({
        source_type: z.string().describe('HUMAN, LLM_JUDGE or CODE'),
        source_id: z.string().optional().describe('Name of the person, model or program'),
      })
      .describe('Who says so'),
    create_time: z.string().describe('When it was made'),
    last_update_time: z.string().describe('When it was last changed'),
    feedback: z
      .object({
        value: z.unknown().describe('Any JSON value'),
        error: z
          .object({
            error_code: z.string().optional().describe('Kind of error'),
            error_message: z.string().optional().describe('What went wrong'),
            stack_trace: z.string().optional().describe('Where it went wrong'),
          })
          .optional()
          .describe('Why there is no value'),
      })
      .optional()
      .describe('A judgement'),
    expectation: z
      .object({
        value: z.unknown().optional().describe('A number, text or truth value'),
        serialized_value: z
          .object({
            serialization_format: z.string().describe('Always JSON_FORMAT'),
            value: z.string().describe('The value as JSON'),
          })
          .optional()
          .describe('A value of another type'),
      })
      .optional()
      .describe('What should have come out'),
    issue: z
      .object({ issue_name: z.string().optional().describe('Title of the issue') })
      .optional()
      .describe('An issue that the trace shows'),
    rationale: z.string().optional().describe('Why'),
    metadata: z.record(z.string(), z.string()).optional().describe('Further facts'),
    overrides: z.string().optional().describe('Id of the assessment that this one replaces'),
    valid: z.boolean().describe('Whether it has not been replaced'),
  })
  .meta({ id: 'MlflowAssessment' });
export const assessmentResponse = z.object({ assessment: assessmentMessage.describe('The assessment') });

export type AssessmentInput = z.infer<typeof assessmentInput>;
export type UpdateAssessmentRequest = z.infer<typeof updateAssessmentRequest>;
export type AssessmentMessage = z.infer<typeof assessmentMessage>;

function isJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}
