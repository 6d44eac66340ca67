#!/usr/bin/env bash
# Launches, updates or drains the streaming job of one game:
#   PROJECT=… BUCKET=… TAG=… templates/run.sh launch|update JOB --source=… --contract=… --archive=…
#   PROJECT=… templates/run.sh drain JOB
# update keeps the job's state: same JOB, and the --run_id that the launch printed.
set -euo pipefail
: "${PROJECT:?the Google Cloud project}"
REGION=${REGION:-europe-west1}
action=${1:?launch, update or drain} job=${2:?the name of the job}
shift 2

if [ "$action" = drain ]; then
  id=$(gcloud dataflow jobs list --project="$PROJECT" --region="$REGION" --status=active --filter="name=$job" --format='value(id)')
  [ -n "$id" ] || { echo "drain: no active job $job in $REGION" >&2; exit 1; }
  exec gcloud dataflow jobs drain "$id" --project="$PROJECT" --region="$REGION"
fi

: "${BUCKET:?the bucket for templates, without gs://}" "${TAG:?the tag that templates/build.sh printed}"
case $action in
  launch) update=() ;;
  update) update=(--update) ;;
  *) echo "$action: launch, update or drain" >&2; exit 1 ;;
esac
[ "$action" = launch ] || [[ " $*" == *" --run_id="* ]] || { echo "update: give the --run_id that the launch printed" >&2; exit 1; }
[ $# -gt 0 ] || { echo "$action: give the job's flags, such as --source=… --contract=… --archive=…" >&2; exit 1; }
parameters="^~^sdk_container_image=$REGION-docker.pkg.dev/$PROJECT/gamebeam/gamebeam:$TAG~sdk_location=container"
for flag in "$@"; do parameters+="~${flag#--}"; done  # ~ between them: a source may hold commas
exec gcloud dataflow flex-template run "$job" \
  --project="$PROJECT" --region="$REGION" --template-file-gcs-location="gs://$BUCKET/templates/gamebeam-$TAG.json" \
  --temp-location="gs://$BUCKET/temp" --staging-location="gs://$BUCKET/staging" \
  --enable-streaming-engine ${SERVICE_ACCOUNT:+--service-account-email="$SERVICE_ACCOUNT"} \
  ${MAX_WORKERS:+--max-workers="$MAX_WORKERS"} "${update[@]}" --parameters="$parameters"
