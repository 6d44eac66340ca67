#!/usr/bin/env bash
# Builds the image and the template: PROJECT=… BUCKET=… [REGION=…] [TAG=…] templates/build.sh
set -euo pipefail
cd "$(dirname "$0")/.."
: "${PROJECT:?the Google Cloud project}" "${BUCKET:?the bucket for templates, without gs://}"
REGION=${REGION:-europe-west1}
TAG=${TAG:-$(git rev-parse --short=12 HEAD)}  # a tag is never used twice: an update must be able to go back
IMAGE=$REGION-docker.pkg.dev/$PROJECT/gamebeam/gamebeam:$TAG

gcloud auth configure-docker "$REGION-docker.pkg.dev" --quiet
docker build --platform=linux/amd64 --file templates/Dockerfile --tag "$IMAGE" .
docker push "$IMAGE"
gcloud dataflow flex-template build "gs://$BUCKET/templates/gamebeam-$TAG.json" \
  --project="$PROJECT" --image="$IMAGE" --sdk-language=PYTHON --metadata-file=templates/metadata.json
echo "image     $IMAGE"
echo "template  gs://$BUCKET/templates/gamebeam-$TAG.json"
