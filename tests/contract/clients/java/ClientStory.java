import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.CreateExperiment;
import org.mlflow.api.proto.Service.CreateRun;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.ExperimentTag;
import org.mlflow.api.proto.Service.FileInfo;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunInfo;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.ExperimentsPage;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.ModelVersionsPage;
import org.mlflow.tracking.Page;
import org.mlflow.tracking.RunsPage;

/**
 * What MLflow's Java client does, asserted step by step. Its arguments are the steps; it prints "ok NAME" after each whose assertions held.
 * Its artifact calls start the Python client's command line, so those two steps need `python3` in PATH to be one with mlflow.
 */
public final class ClientStory {
  private static final MlflowClient client = new MlflowClient(System.getenv("MLFLOW_TRACKING_URI"));
  private static String experiment;
  private static String run;

  public static void main(String[] steps) throws Exception {
    Map<String, Step> known = new LinkedHashMap<>();
    known.put("experiments", ClientStory::experiments);
    known.put("runs", ClientStory::runs);
    known.put("batches", ClientStory::batches);
    known.put("searches", ClientStory::searches);
    known.put("context", ClientStory::context);
    known.put("registry", ClientStory::registry);
    known.put("refusals", ClientStory::refusals);
    known.put("artifacts", ClientStory::artifacts);
    for (String step : steps) {
      known.get(step).run();
      System.out.println("ok " + step);
    }
  }

  private static void experiments() {
    experiment = client.createExperiment("java");
    String other =
        client.createExperiment(
            CreateExperiment.newBuilder()
                .setName("java tagged")
                .addTags(ExperimentTag.newBuilder().setKey("team").setValue("jvm"))
                .build());
    same("java", client.getExperiment(experiment).getName());
    same("active", client.getExperiment(experiment).getLifecycleStage());
    check(client.getExperiment(experiment).getCreationTime() > 0, "a creation time");
    same(experiment, client.getExperimentByName("java").map(Experiment::getExperimentId).orElse(""));
    same(Optional.empty(), client.getExperimentByName("nowhere"));
    client.setExperimentTag(other, "colour", "green");
    client.renameExperiment(other, "java renamed");
    client.deleteExperiment(other);
    same("deleted", client.getExperiment(other).getLifecycleStage());
    client.restoreExperiment(other);
    ExperimentsPage found = client.searchExperiments("tags.colour = 'green'");
    same(List.of("java renamed"), found.getItems().stream().map(Experiment::getName).collect(Collectors.toList()));
    ExperimentsPage page = client.searchExperiments("name LIKE 'java%'", ViewType.ACTIVE_ONLY, 1, List.of("name ASC"));
    same("java", page.getItems().get(0).getName());
    check(page.hasNextPage(), "a second page");
    same("java renamed", page.getNextPage().getItems().iterator().next().getName());
  }

  private static void runs() {
    RunInfo created = client.createRun(experiment);
    run = created.getRunId();
    same(RunStatus.RUNNING, created.getStatus());
    client.logParam(run, "depth", "3");
    client.logParam(run, "depth", "3"); // a repetition
    client.logMetric(run, "loss", 0.5);
    long start = 1_700_000_000_000L;
    for (long step = 0; step < 5; step++) client.logMetric(run, "curve", 1.0 / (step + 1), start + step, step);
    client.logMetric(run, "odd", Double.NaN, start, 0);
    client.logMetric(run, "large", Double.POSITIVE_INFINITY, start, -7);
    client.setTag(run, "note", "größe");
    client.setTag(run, "passing", "x");
    client.deleteTag(run, "passing");
    Run read = client.getRun(run);
    same(List.of("depth=3"), read.getData().getParamsList().stream().map(p -> p.getKey() + "=" + p.getValue()).collect(Collectors.toList()));
    same("größe", read.getData().getTagsList().stream().filter(tag -> tag.getKey().equals("note")).findFirst().orElseThrow().getValue());
    check(read.getData().getTagsList().stream().noneMatch(tag -> tag.getKey().equals("passing")), "the deleted tag is gone");
    Map<String, Double> latest =
        read.getData().getMetricsList().stream().collect(Collectors.toMap(Metric::getKey, Metric::getValue));
    same(0.2, latest.get("curve"));
    check(latest.get("odd").isNaN(), "NaN comes back");
    same(Double.MAX_VALUE, latest.get("large"));
    List<Metric> history = client.getMetricHistory(run, "curve");
    same(LongStream.range(0, 5).boxed().collect(Collectors.toList()), history.stream().map(Metric::getStep).collect(Collectors.toList()));
    same(start + 4, history.get(4).getTimestamp());
    client.setTerminated(run, RunStatus.FAILED, start + 10_000);
    RunInfo ended = client.getRun(run).getInfo();
    same(RunStatus.FAILED, ended.getStatus());
    same(start + 10_000, ended.getEndTime());
    client.setTerminated(run);
    same(RunStatus.FINISHED, client.getRun(run).getInfo().getStatus());
    client.deleteRun(run);
    same("deleted", client.getRun(run).getInfo().getLifecycleStage());
    client.restoreRun(run);
    RunInfo full =
        client.createRun(
            CreateRun.newBuilder()
                .setExperimentId(experiment)
                .setRunName("full")
                .setUserId("duke")
                .setStartTime(start)
                .addTags(RunTag.newBuilder().setKey("kind").setValue("builder"))
                .build());
    same("full", client.getRun(full.getRunId()).getInfo().getRunName());
    same(start, full.getStartTime());
    same("duke", full.getUserId());
  }

  private static void batches() {
    String target = client.createRun(experiment).getRunId();
    List<Metric> metrics = new ArrayList<>();
    for (int index = 0; index < 900; index++)
      metrics.add(Metric.newBuilder().setKey("m").setValue(index).setTimestamp(1_000L + index).setStep(index).build());
    List<Param> params = List.of(Param.newBuilder().setKey("a").setValue("1").build(), Param.newBuilder().setKey("b").setValue("").build());
    List<RunTag> tags = List.of(RunTag.newBuilder().setKey("t").setValue("v").build());
    client.logBatch(target, metrics, params, tags);
    client.logBatch(target, metrics, params, tags); // a retry after a lost answer
    client.logBatch(target, null, null, null);
    same(900, client.getMetricHistory(target, "m").size());
    Run read = client.getRun(target);
    same(2, read.getData().getParamsCount());
    same(899.0, read.getData().getMetrics(0).getValue());
  }

  private static void searches() {
    for (int index = 0; index < 7; index++) {
      String made = client.createRun(experiment).getRunId();
      client.logParam(made, "set", "searched");
      client.logMetric(made, "score", index);
    }
    List<String> ids = List.of(experiment);
    RunsPage page = client.searchRuns(ids, "params.set = 'searched' and metrics.score >= 2", ViewType.ACTIVE_ONLY, 3, List.of("metrics.score DESC"));
    List<Double> scores = new ArrayList<>();
    for (Page<Run> at = page; ; at = at.getNextPage()) {
      at.getItems().forEach(each -> scores.add(each.getData().getMetrics(0).getValue()));
      if (!at.hasNextPage()) break;
    }
    same(List.of(6.0, 5.0, 4.0, 3.0, 2.0), scores);
    same(7, client.searchRuns(ids, "params.set = 'searched'").size());
    same(10, client.listRunInfos(experiment).size());
    client.deleteRun(client.searchRuns(ids, "metrics.score = 6").get(0).getRunId());
    same(1, client.searchRuns(ids, null, ViewType.DELETED_ONLY).size());
    same(10, client.searchRuns(ids, null, ViewType.ALL).size());
  }

  private static void context() {
    client.createExperiment("java context");
    MlflowContext context = new MlflowContext(client).setExperimentName("java context");
    ActiveRun parent = context.startRun("parent");
    parent.logParams(Map.of("x", "1", "y", "2"));
    parent.logMetrics(Map.of("a", 1.5, "b", 2.5), 4);
    parent.setTags(Map.of("k", "v"));
    ActiveRun child = context.startRun("child", parent.getId());
    child.logMetric("depth", 1.0, 2);
    child.endRun();
    parent.endRun(RunStatus.KILLED);
    Run read = client.getRun(parent.getId());
    same(RunStatus.KILLED, read.getInfo().getStatus());
    same(2, read.getData().getMetricsCount());
    check(parent.getArtifactUri().startsWith("mlflow-artifacts:/"), parent.getArtifactUri());
    same(
        List.of(child.getId()),
        client.searchRuns(List.of(context.getExperimentId()), "tags.mlflow.parentRunId = '" + parent.getId() + "'").stream()
            .map(RunInfo::getRunId)
            .collect(Collectors.toList()));
    context.withActiveRun("with", active -> active.logMetric("inside", 1));
    try {
      context.withActiveRun("failing", active -> { throw new IllegalStateException("stops"); });
    } catch (IllegalStateException expected) {
      same(1, client.searchRuns(List.of(context.getExperimentId()), "attributes.status = 'FAILED'").size());
    }
  }

  private static void registry() {
    client.sendPost("registered-models/create", "{\"name\": \"java model\"}");
    for (int version = 1; version <= 3; version++)
      client.sendPost("model-versions/create", "{\"name\": \"java model\", \"source\": \"s3://bucket/model/" + version + "\", \"run_id\": \"" + run + "\"}");
    client.sendPost("model-versions/transition-stage", "{\"name\": \"java model\", \"version\": \"2\", \"stage\": \"Production\", \"archive_existing_versions\": false}");
    same("java model", client.getRegisteredModel("java model").getName());
    ModelVersion second = client.getModelVersion("java model", "2");
    same(List.of("Production", run, "s3://bucket/model/2"), List.of(second.getCurrentStage(), second.getRunId(), second.getSource()));
    check(second.getCreationTimestamp() > 0, "a creation time");
    same(
        List.of("2", "3"),
        client.getLatestVersions("java model").stream().map(ModelVersion::getVersion).sorted().collect(Collectors.toList()));
    same("2", client.getLatestVersions("java model", List.of("Production")).get(0).getVersion());
    same("s3://bucket/model/1", client.getModelVersionDownloadUri("java model", "1"));
    ModelVersionsPage page = client.searchModelVersions("name = 'java model'", 2, List.of("version_number ASC"));
    same("1", page.getItems().get(0).getVersion());
    same("3", page.getNextPage().getItems().iterator().next().getVersion());
    same(3, client.searchModelVersions().getItems().size());
    client.sendPatch("registered-models/update", "{\"name\": \"java model\", \"description\": \"from Java\"}");
    same("from Java", client.getRegisteredModel("java model").getDescription());
  }

  private static void refusals() {
    refused(404, "RESOURCE_DOES_NOT_EXIST", () -> client.getRun("0".repeat(32)));
    refused(400, "INVALID_PARAMETER_VALUE", () -> client.logParam(run, "depth", "4"));
    refused(400, "RESOURCE_ALREADY_EXISTS", () -> client.createExperiment("java"));
    refused(400, "INVALID_PARAMETER_VALUE", () -> client.searchRuns(List.of(experiment), "nonsense ="));
    refused(404, "RESOURCE_DOES_NOT_EXIST", () -> client.getModelVersion("java model", "9"));
  }

  private static void artifacts() throws Exception {
    Path folder = Files.createTempDirectory("java");
    Files.writeString(folder.resolve("a.txt"), "from Java");
    Files.createDirectory(folder.resolve("deep"));
    Files.writeString(folder.resolve("deep").resolve("b.txt"), "deeper");
    client.logArtifact(run, folder.resolve("a.txt").toFile(), "single");
    client.logArtifacts(run, folder.toFile(), "all");
    same(
        List.of("all/a.txt false 9", "all/deep true 0"),
        client.listArtifacts(run, "all").stream()
            .map((FileInfo each) -> each.getPath() + " " + each.getIsDir() + " " + each.getFileSize())
            .collect(Collectors.toList()));
    File local = client.downloadArtifacts(run, "all");
    same("deeper", Files.readString(local.toPath().resolve("deep").resolve("b.txt")));
  }

  private static void same(Object expected, Object found) {
    if (!Objects.equals(expected, found) && !Objects.equals(String.valueOf(expected), String.valueOf(found)))
      throw new AssertionError("expected " + expected + ", found " + found);
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError("not so: " + what);
  }

  private static void refused(int status, String code, Step call) {
    try {
      call.run();
    } catch (MlflowHttpException error) {
      check(error.getStatusCode() == status && error.getBodyMessage().contains(code), error.getStatusCode() + " " + error.getBodyMessage());
      return;
    } catch (Exception error) {
      throw new AssertionError("another error than expected", error);
    }
    throw new AssertionError("expected " + code);
  }

  private interface Step {
    void run() throws Exception;
  }
}
