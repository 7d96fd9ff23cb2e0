// Turns vitest's JSON reports into counts, reasons for skips, and a verdict.

/** What a test may need that a machine may lack, and how to get it. The name in brackets ends the name of what skips. */
export const NEEDS = {
  Redis: 'ASSAY_TEST_REDIS_URL=redis://… (apt-get install redis-server)',
  MinIO: 'ASSAY_TEST_S3_URL=http://key:secret@host:port (go install github.com/minio/minio)',
  'Python mlflow': 'ASSAY_TEST_PYTHON=…/bin/python of a virtual environment with tools/ci/python-requirements.txt',
  'Python mlflow 2':
    'ASSAY_TEST_PYTHON_2=…/bin/python of a virtual environment with tools/ci/python-mlflow-2-requirements.txt',
  Java: 'java in PATH (apt-get install default-jdk-headless) and ASSAY_TEST_JAVA_CLIENT=… with the jars of tests/contract/clients/java/pom.xml',
  'Python scipy': 'ASSAY_TEST_PYTHON=…/bin/python of a virtual environment with tools/ci/python-requirements.txt',
  schemathesis: 'ASSAY_TEST_PYTHON=…/bin/python of a virtual environment with tools/ci/python-requirements.txt',
  'kubernetes-validate':
    'ASSAY_TEST_PYTHON=…/bin/python of a virtual environment with tools/ci/python-requirements.txt',
  kustomize: 'ASSAY_TEST_KUSTOMIZE=…/kustomize (go install sigs.k8s.io/kustomize/kustomize/v5)',
  Go: 'go in PATH, 1.24 or newer (apt-get install golang-go, or go.dev/dl)',
  'native TensorFlow': 'npm run setup:tensorflow (needs pip and g++)',
};

const NEED = /\(needs ([^)]+)\)/;

/** One stage: its counts, the skipped tests with what they lack, and failures that are no test's (a file that does not load). */
export function countReport(report, exitCode, stage) {
  const result = { passed: 0, failed: 0, skips: [], problems: [] };
  if (!report) {
    return { ...result, failed: 1, problems: [`FAILED ${stage}: vitest ended with ${exitCode} and without a report`] };
  }
  for (const file of report.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed') result.passed += 1;
      else if (test.status === 'failed') result.failed += 1;
      else result.skips.push({ name: test.fullName.trim(), need: NEED.exec(test.fullName)?.[1], file: file.name });
    }
    const broken = file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed');
    if (!broken) continue;
    result.failed += 1;
    result.problems.push(`FAILED ${file.name}: ${(file.message ?? '').split('\n')[0] || 'the file did not load'}`);
  }
  if (exitCode !== 0 && result.failed === 0) {
    result.failed = 1;
    result.problems.push(
      `FAILED ${stage}: vitest ended with ${exitCode} though no test failed (an unhandled error or a leaked handle: see above)`,
    );
  }
  return result;
}

export function addUp(results) {
  return {
    passed: results.reduce((sum, result) => sum + result.passed, 0),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
    skips: results.flatMap((result) => result.skips),
    problems: results.flatMap((result) => result.problems),
  };
}

/** The skipped tests, grouped by what they lack. */
export function describeSkips(skips, everything) {
  const groups = Map.groupBy(skips, ({ need }) => need ?? '');
  const lines = [];
  for (const [need, tests] of groups) {
    const cure = need
      ? (NEEDS[need] ?? 'see the test')
      : 'no reason given: a test that skips says "(needs …)" in its name';
    lines.push(
      '',
      `${everything ? 'REQUIRED but skipped' : 'skipped'}: ${tests.length} ${need ? `for want of ${need}` : 'without a reason'} → ${cure}`,
    );
    for (const { name } of tests) lines.push(`  - ${name}`);
  }
  return lines;
}

/** The closing line and the exit code. Where everything is required a skip is a failure, and so is a run without a test. */
export function verdict({ passed, failed, skips }, everything) {
  const line = everything
    ? `${passed} passed, ${failed + skips.length} failed, 0 skipped`
    : `${passed} passed, ${failed} failed, ${skips.length} skipped`;
  const held = failed === 0 && passed > 0 && !(everything && skips.length > 0);
  return { line, code: held ? 0 : 1 };
}
