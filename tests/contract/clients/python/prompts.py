"""The prompt registry through the unmodified MLflow client: prompts are models and versions with tags, kept apart from models."""

import mlflow
from mlflow import MlflowClient
from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from support import refused, run_steps

client = MlflowClient()


def versions():
    first = mlflow.genai.register_prompt("greeting", "Hello {{name}}", commit_message="first", tags={"by": "ada"})
    assert (first.version, first.template, first.commit_message, first.variables) == (1, "Hello {{name}}", "first", {"name"})
    second = mlflow.genai.register_prompt("greeting", "Good day {{name}}")
    assert second.version == 2
    loaded = mlflow.genai.load_prompt("greeting", version=1)
    assert loaded.template == "Hello {{name}}" and loaded.tags["by"] == "ada"
    assert mlflow.genai.load_prompt("prompts:/greeting/2").format(name="Ada") == "Good day Ada"
    assert mlflow.genai.load_prompt("greeting").version == 2
    assert mlflow.genai.load_prompt("prompts:/greeting@latest").version == 2
    assert mlflow.genai.load_prompt("nothing", allow_missing=True) is None
    assert mlflow.genai.load_prompt("greeting", version=9, allow_missing=True) is None


def chats():
    turns = [{"role": "system", "content": "You are {{kind}}."}, {"role": "user", "content": "{{question}}"}]
    mlflow.genai.register_prompt("chat", turns, response_format={"type": "object", "properties": {}})
    loaded = mlflow.genai.load_prompt("chat", version=1)
    assert loaded.template == turns and not loaded.is_text_prompt
    assert loaded.response_format == {"type": "object", "properties": {}}
    assert loaded.format(kind="brief", question="Why?")[1] == {"role": "user", "content": "Why?"}


def aliases():
    mlflow.genai.set_prompt_alias("greeting", alias="live", version=1)
    assert mlflow.genai.load_prompt("prompts:/greeting@live").version == 1
    mlflow.genai.set_prompt_alias("greeting", alias="live", version=2)
    assert mlflow.genai.load_prompt("prompts:/greeting@live", cache_ttl_seconds=0).version == 2
    assert client.get_prompt_version("greeting", "2").aliases == ["live"]
    mlflow.genai.delete_prompt_alias("greeting", alias="live")
    assert mlflow.genai.load_prompt("prompts:/greeting@live", allow_missing=True, cache_ttl_seconds=0) is None


def tags():
    mlflow.genai.set_prompt_tag("greeting", "team", "sales")
    assert mlflow.genai.get_prompt_tags("greeting")["team"] == "sales"
    mlflow.genai.delete_prompt_tag("greeting", "team")
    assert "team" not in mlflow.genai.get_prompt_tags("greeting")
    mlflow.genai.set_prompt_version_tag("greeting", 1, "tried", "yes")
    assert client.get_prompt_version("greeting", "1").tags["tried"] == "yes"
    mlflow.genai.delete_prompt_version_tag("greeting", 1, "tried")
    assert "tried" not in client.get_prompt_version("greeting", "1").tags


def searches():
    client.create_registered_model("a-model")
    client.create_model_version("a-model", "s3://bucket/model")
    assert {prompt.name for prompt in mlflow.genai.search_prompts()} == {"greeting", "chat"}
    assert [prompt.name for prompt in mlflow.genai.search_prompts("name LIKE 'greet%'")] == ["greeting"]
    assert [prompt.name for prompt in mlflow.genai.search_prompts("name = 'a-model'")] == []
    page = client.search_prompts(max_results=1)
    rest = client.search_prompts(max_results=1, page_token=page.token)
    assert {prompt.name for prompt in (*page, *rest)} == {"greeting", "chat"} and not rest.token
    found = client.search_prompt_versions("greeting")
    assert sorted(int(each.version) for each in found) == [1, 2]
    assert [model.name for model in client.search_registered_models()] == ["a-model"]
    assert [model.name for model in client.search_registered_models("name LIKE '%'")] == ["a-model"]
    assert {each.name for each in client.search_model_versions()} == {"a-model"}
    prompts = client.search_registered_models(f"tags.`{IS_PROMPT_TAG_KEY}` = 'true'")
    assert {model.name for model in prompts} == {"greeting", "chat"}


def rules():
    refused("INVALID_PARAMETER_VALUE", lambda: mlflow.genai.register_prompt("a b", "text"))
    marked = {IS_PROMPT_TAG_KEY: "true"}
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("greeting", "/etc/passwd", tags=marked))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("greeting", "s3://bucket/x", tags=marked))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("a-model", "dummy-source"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("a-model", "prompt-template"))


def runs():
    """A prompt that is loaded inside of a run is linked to it."""
    mlflow.set_experiment("prompts")
    with mlflow.start_run() as run:
        mlflow.genai.load_prompt("greeting", version=2, link_to_model=False)
    client.link_prompt_version_to_run(run.info.run_id, client.get_prompt_version("greeting", "1"))
    linked = client.get_run(run.info.run_id).data.tags.get("mlflow.linkedPrompts", "")
    assert "greeting" in linked, linked


def deletions():
    client.delete_prompt_version("greeting", "2")
    assert mlflow.genai.load_prompt("greeting", version=2, allow_missing=True, cache_ttl_seconds=0) is None
    assert mlflow.genai.register_prompt("greeting", "Hi {{name}}").version == 3
    client.delete_prompt("chat")
    assert {prompt.name for prompt in mlflow.genai.search_prompts()} == {"greeting"}
    assert client.get_registered_model("a-model").name == "a-model"


if __name__ == "__main__":
    run_steps(globals())
