const key = 'mlflow.parentRunId';

/** Runs (`part`) with the runs that they are nested in (`whole`), as a `from` clause read from the parts. MLflow nests within an experiment. */
export const wholesOfParts = `tracking.run part
  join tracking.run_tag nested on nested.run_number = part.number and nested.key = '${key}'
  join tracking.run whole on whole.run_id = nested.value and whole.experiment_id = part.experiment_id`;

/** The same read from the wholes: by the index that finds runs by the value of a tag. */
export const partsOfWholes = `tracking.run whole
  join tracking.run_tag nested
    on hashtextextended(nested.key || '=' || nested.value, nested.experiment_id) = hashtextextended('${key}=' || whole.run_id, whole.experiment_id)
      and nested.key = '${key}' and nested.value = whole.run_id and nested.experiment_id = whole.experiment_id
  join tracking.run part on part.number = nested.run_number`;
