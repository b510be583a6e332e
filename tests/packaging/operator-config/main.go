// Prints the configuration of Prometheus that the Prometheus Operator generates from a ScrapeConfig on standard input.
package main

import (
	"io"
	"log"
	"os"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	log.SetFlags(0)
	text, err := io.ReadAll(os.Stdin)
	exitOn(err)
	scrapeConfig := &v1alpha1.ScrapeConfig{}
	exitOn(yaml.UnmarshalStrict(text, scrapeConfig))
	scrapeConfig.Namespace = "monitoring"

	server := &monitoringv1.Prometheus{ObjectMeta: metav1.ObjectMeta{Name: "k8s", Namespace: scrapeConfig.Namespace}}
	server.Spec.ScrapeInterval = "1m"
	server.Spec.EvaluationInterval = "1m"
	generator, err := prometheus.NewConfigGenerator(nil, server)
	exitOn(err)
	scrapeConfigs := map[string]*v1alpha1.ScrapeConfig{scrapeConfig.Name: scrapeConfig}
	generated, err := generator.GenerateServerConfiguration(
		server, nil, nil, nil, scrapeConfigs, assets.NewStoreBuilder(nil, nil), nil, nil, nil, nil)
	exitOn(err)
	_, err = os.Stdout.Write(generated)
	exitOn(err)
}

func exitOn(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
