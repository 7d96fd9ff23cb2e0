/** A registered model. Everything else names it by id, so a rename changes nothing but the name. */
export interface RegisteredModel {
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tag by which MLflow's client marks prompts, which it keeps in the registry beside models. */
export const promptTag = 'mlflow.prompt.is_prompt';
